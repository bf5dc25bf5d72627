import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Message, Queued, QueuedCommands } from '../../messaging/index.js';
import { FetchPayment } from './fetch-payment.js';
import { LookUpRefund } from './look-up-refund.js';
import { UnfinishedQueries } from './unfinished.queries.js';

const MINUTE = 60_000;
/** A webhook that comes at all has come by then. */
const GRACE_MS = 10 * MINUTE;
/** No payment is due later than three days after its order; an abandoned one isn't asked about for ever. */
const OPEN_FOR_MS = 4 * 24 * 60 * MINUTE;

/** Webhooks get lost: once an hour the gateways are asked about whatever they have not told the end of. */
@Message('refund.reconcile')
@Queued<Reconcile>({ effect: 'database', every: '1h' })
export class Reconcile extends Command<void> {}

@CommandHandler(Reconcile)
export class ReconcileHandler implements ICommandHandler<Reconcile> {
  constructor(
    private readonly unfinished: UnfinishedQueries,
    private readonly queue: QueuedCommands,
    private readonly clock: Clock,
  ) {}

  async execute(): Promise<void> {
    const now = this.clock.now().getTime();
    const [oldest, newest] = [new Date(now - OPEN_FOR_MS), new Date(now - GRACE_MS)];
    for (const { refundId, generation } of await this.unfinished.refunds(newest)) {
      await this.once(new LookUpRefund(refundId, generation, 'leave'), refundId);
    }
    for (const { gateway, gatewayPaymentId } of await this.unfinished.payments(oldest, newest)) {
      await this.once(new FetchPayment(gateway, gatewayPaymentId), gatewayPaymentId);
    }
  }

  /** While the gateway is down the question of an hour ago may still wait. */
  private async once(command: LookUpRefund | FetchPayment, id: string): Promise<void> {
    await this.queue.send(command, { dedupeKey: `reconcile:${id}` });
  }
}
