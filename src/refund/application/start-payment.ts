import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import { OrderAlreadyCanceled, OrderAlreadyPaid } from '../domain/errors.js';
import { Payment } from '../domain/payment.js';
import { Payments } from '../domain/payments.js';
import { PayableOrders } from './payable-orders.js';

/** Begins the payment of what is still open of an order; OpenIntent then asks the gateway. Gives the payment's id. */
export class StartPayment extends Command<string> {
  constructor(
    readonly orderId: string,
    readonly gateway: string,
  ) {
    super();
  }
}

@CommandHandler(StartPayment)
export class StartPaymentHandler implements ICommandHandler<StartPayment> {
  constructor(
    private readonly orders: PayableOrders,
    private readonly payments: Payments,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async execute({ orderId, gateway }: StartPayment): Promise<string> {
    const order = await this.orders.get(orderId);
    if (order.state === 'canceled') throw new OrderAlreadyCanceled(orderId);
    const amount = await this.orders.leftToPay(order);
    if (amount.amount <= 0) throw new OrderAlreadyPaid(orderId);
    const id = this.ids.next();
    await this.payments.add(Payment.start({ id, orderId, gateway, amount, startedAt: this.clock.now() }));
    return id;
  }
}
