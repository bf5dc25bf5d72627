import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import { type Money } from '../../kernel/money.js';
import { CurrencyMismatch } from '../domain/errors.js';
import { Payment } from '../domain/payment.js';
import { Payments } from '../domain/payments.js';
import { PayableOrders } from './payable-orders.js';

/** An operator's "this came in", also for a canceled order: the money is there, and goes back. Gives the payment's id. */
export class RecordManualPayment extends Command<string> {
  constructor(
    readonly orderId: string,
    readonly reference: string,
    readonly amount: Money,
  ) {
    super();
  }
}

@CommandHandler(RecordManualPayment)
export class RecordManualPaymentHandler implements ICommandHandler<RecordManualPayment> {
  constructor(
    private readonly orders: PayableOrders,
    private readonly payments: Payments,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async execute({ orderId, reference, amount }: RecordManualPayment): Promise<string> {
    const { total } = await this.orders.get(orderId);
    if (total.currency !== amount.currency) throw new CurrencyMismatch(amount.currency, total.currency);
    const id = this.ids.next();
    const now = this.clock.now();
    const origin = { gateway: 'manual', gatewayPaymentId: reference };
    const payment = Payment.start({ id, orderId, ...origin, amount, startedAt: now });
    payment.capture(amount, now);
    await this.payments.add(payment);
    return id;
  }
}
