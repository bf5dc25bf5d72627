import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Message, Queued } from '../../messaging/index.js';
import { type RefundOutcome } from '../domain/payment-gateway.js';
import { Refunds } from '../domain/refunds.js';

/** Has no part in the key of ExecuteRefund: a report must not wait until the gateway is asked again, hours later. */
@Message('refund.record-refund-outcome')
@Queued<RecordRefundOutcome>({ effect: 'database', key: ({ refundId }) => `refund-outcome:${refundId}` })
export class RecordRefundOutcome extends Command<void> {
  constructor(
    readonly refundId: string,
    readonly generation: number,
    readonly outcome: RefundOutcome,
  ) {
    super();
  }
}

@CommandHandler(RecordRefundOutcome)
export class RecordRefundOutcomeHandler implements ICommandHandler<RecordRefundOutcome> {
  constructor(
    private readonly refunds: Refunds,
    private readonly clock: Clock,
  ) {}

  async execute({ refundId, generation, outcome }: RecordRefundOutcome): Promise<void> {
    await this.refunds.change(refundId, (refund) => refund.record(generation, outcome, this.clock.now()));
  }
}
