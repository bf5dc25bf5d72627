import { Command, CommandHandler, type ICommand, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Message, Queued } from '../../messaging/index.js';
import { PostponedError } from '../domain/payment-gateway.js';
import { Refunds } from '../domain/refunds.js';
import { FetchRefunds } from './fetch-refunds.js';
import { LookUpRefund } from './look-up-refund.js';
import { RecordRefundOutcome } from './record-refund-outcome.js';
import { RefundCalls } from './refund-calls.js';

/**
 * Asks the gateway, with a key that makes repeating safe. An outcome that stays open throws, and the worker asks again,
 * by REFUND_RETRY. An error that the gateway keeps under the key, and a key that it may have forgotten, end the key.
 */
@Message('refund.execute-refund')
@Queued<ExecuteRefund>({ effect: 'outside', key: ({ refundId }) => `refund:${refundId}`, concurrency: 16 })
export class ExecuteRefund extends Command<ICommand[]> {
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

  async execute({ refundId, generation }: ExecuteRefund): Promise<ICommand[]> {
    const now = this.clock.now();
    const next = await this.refunds.change(refundId, (refund) => refund.begin(generation, now));
    if (!next) return [];
    const lookUp = new LookUpRefund(refundId, generation, 'renew');
    if (next === 'look_up') return [lookUp];
    const outcome = await this.calls.refund(next);
    if (outcome.status === 'kept_error') return [lookUp];
    const record = new RecordRefundOutcome(refundId, generation, outcome);
    return outcome.status === 'failed' ? [record, new FetchRefunds(next.gateway, next.gatewayPaymentId)] : [record];
  }

  async onGiveUp({ refundId, generation }: ExecuteRefund, error: unknown): Promise<void> {
    const attention = error instanceof PostponedError ? 'attempts_exhausted' : 'outcome_unknown';
    await this.refunds.change(refundId, (refund) => refund.giveUp(generation, attention, this.clock.now()));
  }
}
