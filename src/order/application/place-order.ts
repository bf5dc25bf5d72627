import { Command, CommandHandler, type ICommandHandler, QueryBus } from '@nestjs/cqrs';
import { GetProductOffers } from '../../allocation/index.js';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import type { ShippingInfo } from '../contract/events.js';
import { Order } from '../domain/order.js';
import { Orders } from '../domain/orders.js';
import type { Prices } from '../domain/pricing.js';

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
    private readonly queries: QueryBus,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async execute({ request }: PlaceOrder): Promise<string> {
    const id = this.ids.next();
    const lines = request.lines.map((line) => ({ ...line, lineId: this.ids.next() }));
    const prices = await this.prices(lines.map((line) => line.sku));
    await this.orders.add(Order.place({ ...request, id, lines }, prices, this.clock.now()));
    return id;
  }

  private async prices(skus: readonly string[]): Promise<Prices> {
    const offers = await this.queries.execute(new GetProductOffers([...new Set(skus)]));
    return new Map(offers.map((offer) => [offer.sku, offer.unitPrice]));
  }
}
