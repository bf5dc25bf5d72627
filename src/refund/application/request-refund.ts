import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Money } from '../../kernel/money.js';
import { CurrencyMismatch, PaymentIsUnmatched } from '../domain/errors.js';
import { OwedAmounts } from '../domain/owed-amounts.js';
import { Payments } from '../domain/payments.js';
import { type Actor } from '../domain/refund.state.js';
import { SettleOrder } from './settle-order.js';

/** An operator gives a part of a payment back. Gives the refund's id. */
export class RequestRefund extends Command<string> {
  constructor(
    readonly paymentId: string,
    readonly amount: Money,
    readonly actor: Actor,
  ) {
    super();
  }
}

@CommandHandler(RequestRefund)
export class RequestRefundHandler implements ICommandHandler<RequestRefund> {
  constructor(
    private readonly owed: OwedAmounts,
    private readonly payments: Payments,
    private readonly order: SettleOrder,
  ) {}

  /** Lowers what is owed by the same amount: else the rule would count it as a part of what it has to give back. */
  async execute({ paymentId, amount: { amount, currency }, actor }: RequestRefund): Promise<string> {
    const { orderId, ...payment } = (await this.payments.get(paymentId)).state;
    if (orderId === null) throw new PaymentIsUnmatched(paymentId);
    if (currency !== payment.currency) throw new CurrencyMismatch(currency, payment.currency);
    const { state } = await this.owed.change(orderId, (owed) => owed.lower(amount));
    const cancellationId = state.cancellationId ?? undefined;
    return this.order.request(paymentId, amount, { reason: 'operator', cancellationId, actor });
  }
}
