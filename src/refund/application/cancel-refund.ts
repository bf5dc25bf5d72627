import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { OwedAmounts } from '../domain/owed-amounts.js';
import { Payments } from '../domain/payments.js';
import { type Actor } from '../domain/refund.state.js';
import { Refunds } from '../domain/refunds.js';

/** An operator drops a refund that nothing was paid for. */
export class CancelRefund extends Command<void> {
  constructor(
    readonly refundId: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@CommandHandler(CancelRefund)
export class CancelRefundHandler implements ICommandHandler<CancelRefund> {
  constructor(
    private readonly owed: OwedAmounts,
    private readonly payments: Payments,
    private readonly refunds: Refunds,
    private readonly clock: Clock,
  ) {}

  /** All of it at once: while the amount counts as captured again and not as owed, the rule would refund it once more. */
  async execute({ refundId, actor }: CancelRefund): Promise<void> {
    const { orderId, paymentId, amount } = (await this.refunds.get(refundId)).state;
    await this.owed.change(orderId, (owed) => owed.raise(amount));
    await this.payments.change(paymentId, (payment) => payment.release(amount));
    await this.refunds.change(refundId, (refund) => refund.cancel(actor, this.clock.now()));
  }
}
