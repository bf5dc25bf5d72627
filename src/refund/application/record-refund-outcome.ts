import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Message, Queued } from '../../messaging/index.js';
import { type RefundOutcome } from '../domain/payment-gateway.js';
import { Refunds } from '../domain/refunds.js';

/** Whatever concerns one refund runs one at a time, in stored order. */
export const refundKey = ({ refundId }: { readonly refundId: string }): string => `refund:${refundId}`;

@Message('refund.record-refund-outcome')
@Queued<RecordRefundOutcome>({ effect: 'database', key: refundKey })
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
