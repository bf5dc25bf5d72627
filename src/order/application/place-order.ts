import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import type { ShippingInfo } from '../contract/events.js';
import { Order } from '../domain/order.js';
import { Orders } from '../domain/orders.js';
import { Offers } from './offers.js';

export interface OrderRequest {
  readonly customerId: string;
  readonly currency: string;
  readonly lines: readonly { sku: string; quantity: number }[];
  readonly shippingInfo: ShippingInfo;
  readonly paymentDueAt?: Date;
}

/** Answers the new order's id. */
export class PlaceOrder extends Command<string> {
  constructor(readonly request: OrderRequest) {
    super();
  }
}

@CommandHandler(PlaceOrder)
export class PlaceOrderHandler implements ICommandHandler<PlaceOrder> {
  constructor(
    private readonly orders: Orders,
    private readonly offers: Offers,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async execute({ request }: PlaceOrder): Promise<string> {
    const skus = request.lines.map((line) => line.sku);
    const [prices, discountBps] = await Promise.all([
      this.offers.prices(skus),
      this.offers.discountFor(request.customerId),
    ]);
    // Last, and together: lists find the orders of a time by the time in their ids.
    const now = this.clock.now();
    const id = this.ids.next();
    const lines = request.lines.map((line) => ({ ...line, lineId: this.ids.next() }));
    await this.orders.add(Order.place({ ...request, id, lines, discountBps }, prices, now));
    return id;
  }
}
