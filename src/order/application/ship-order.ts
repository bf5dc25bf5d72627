import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ShipAllocations } from '../../allocation/index.js';
import type { ExpectedVersions } from '../../kernel/aggregate.js';
import { Clock } from '../../kernel/clock.js';
import { Orders } from '../domain/orders.js';

export class ShipOrder extends Command<void> {
  constructor(
    readonly orderId: string,
    readonly carrier: string,
    readonly trackingNumber: string,
    readonly expected?: ExpectedVersions,
  ) {
    super();
  }
}

/**
 * The one use case that changes two kinds of aggregate in one unit of work: otherwise a cut of the stock could slip in
 * between the check and the shipment. Products are locked first, then the order; nothing locks them the other way round.
 */
@CommandHandler(ShipOrder)
export class ShipOrderHandler implements ICommandHandler<ShipOrder> {
  constructor(
    private readonly orders: Orders,
    private readonly commands: CommandBus,
    private readonly clock: Clock,
  ) {}

  async execute({ orderId, carrier, trackingNumber, expected }: ShipOrder): Promise<void> {
    const order = await this.orders.get(orderId);
    order.mustBeAt(expected);
    order.mustBeShippable();
    const lines = order.openLines;
    await this.commands.execute(new ShipAllocations(orderId, lines));
    await this.orders.change(orderId, (locked) => {
      locked.mustBeAt(expected);
      locked.ship({ carrier, trackingNumber }, lines, this.clock.now());
    });
  }
}
