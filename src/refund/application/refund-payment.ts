import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Message, Queued } from '../../messaging/index.js';
import { OwedAmounts } from '../domain/owed-amounts.js';
import { type RefundReason } from '../domain/refund.state.js';
import { SettleOrder } from './settle-order.js';

/** Whatever decides about one order's money runs one at a time, in stored order. */
export const owedKey = ({ orderId }: { readonly orderId: string }): string => `owed:${orderId}`;

/** Gives back what isn't owed; with a cancellation nothing is owed any more. */
@Message('refund.refund-payment')
@Queued<RefundPayment>({ effect: 'database', key: owedKey })
export class RefundPayment extends Command<void> {
  constructor(
    readonly orderId: string,
    readonly cancellationId: string | undefined,
    readonly reason: RefundReason,
  ) {
    super();
  }
}

@CommandHandler(RefundPayment)
export class RefundPaymentHandler implements ICommandHandler<RefundPayment> {
  constructor(
    private readonly owed: OwedAmounts,
    private readonly order: SettleOrder,
  ) {}

  async execute({ orderId, cancellationId, reason }: RefundPayment): Promise<void> {
    const owed = await (cancellationId ? this.owed.cancel(orderId, cancellationId) : this.owed.lock(orderId));
    // A capture may be heard of before its order: RecordOwed settles when it comes.
    if (owed) await this.order.settle(orderId, owed, reason);
  }
}
