import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Message, Queued } from '../../messaging/index.js';
import { Refunds } from '../domain/refunds.js';
import { RefundCalls } from './refund-calls.js';
import { RecordRefundOutcome, refundKey } from './record-refund-outcome.js';

/**
 * Asks the gateway, with a key that makes repeating safe. An outcome that stays open throws, and the worker asks again.
 * All attempts together end within the 24 h for which Stripe keeps a key.
 */
@Message('refund.execute-refund')
@Queued<ExecuteRefund>({
  effect: 'outside',
  key: refundKey,
  timeout: '15s',
  concurrency: 16,
  retry: ['1s', '3s', '10s', '1m', '5m', '30m', '2h', '6h', '12h'],
})
export class ExecuteRefund extends Command<RecordRefundOutcome | undefined> {
  constructor(
    readonly refundId: string,
    readonly generation: number,
  ) {
    super();
  }
}

@CommandHandler(ExecuteRefund)
export class ExecuteRefundHandler implements ICommandHandler<ExecuteRefund> {
  constructor(
    private readonly refunds: Refunds,
    private readonly calls: RefundCalls,
    private readonly clock: Clock,
  ) {}

  async execute({ refundId, generation }: ExecuteRefund): Promise<RecordRefundOutcome | undefined> {
    const now = this.clock.now();
    const instruction = await this.refunds.change(refundId, (refund) => refund.begin(generation, now));
    if (!instruction) return undefined;
    return new RecordRefundOutcome(refundId, generation, await this.calls.refund(instruction));
  }
}
