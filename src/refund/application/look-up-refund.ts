import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Message, Queued } from '../../messaging/index.js';
import { Refunds } from '../domain/refunds.js';
import { RecordRefundOutcome } from './record-refund-outcome.js';
import { RefundCalls } from './refund-calls.js';

/**
 * Asks the gateway what it has done for a refund, without a key and without doing anything. That nothing is found
 * proves something only once the key is used up (`renew`): before that, a call may still be under way.
 */
@Message('refund.look-up-refund')
@Queued<LookUpRefund>({ effect: 'outside', key: ({ refundId }) => `refund-look-up:${refundId}` })
export class LookUpRefund extends Command<RecordRefundOutcome | undefined> {
  constructor(
    readonly refundId: string,
    readonly generation: number,
    readonly whenNotFound: 'renew' | 'leave',
  ) {
    super();
  }
}

@CommandHandler(LookUpRefund)
export class LookUpRefundHandler implements ICommandHandler<LookUpRefund> {
  constructor(
    private readonly refunds: Refunds,
    private readonly calls: RefundCalls,
    private readonly clock: Clock,
  ) {}

  async execute({ refundId, generation, whenNotFound }: LookUpRefund): Promise<RecordRefundOutcome | undefined> {
    const refund = await this.refunds.get(refundId);
    const found = await this.calls.find(refund.instruction);
    if (found) return new RecordRefundOutcome(refundId, generation, found);
    return whenNotFound === 'renew'
      ? new RecordRefundOutcome(refundId, generation, { status: 'not_refunded' })
      : undefined;
  }

  async onGiveUp({ refundId, generation }: LookUpRefund): Promise<void> {
    await this.refunds.change(refundId, (refund) => refund.giveUp(generation, 'outcome_unknown', this.clock.now()));
  }
}
