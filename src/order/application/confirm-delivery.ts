import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { ExpectedVersions } from '../../kernel/aggregate.js';
import { Clock } from '../../kernel/clock.js';
import { Orders } from '../domain/orders.js';

/** The parcel has arrived. */
export class ConfirmDelivery extends Command<void> {
  constructor(
    readonly orderId: string,
    readonly expected?: ExpectedVersions,
  ) {
    super();
  }
}

@CommandHandler(ConfirmDelivery)
export class ConfirmDeliveryHandler implements ICommandHandler<ConfirmDelivery> {
  constructor(
    private readonly orders: Orders,
    private readonly clock: Clock,
  ) {}

  async execute({ orderId, expected }: ConfirmDelivery): Promise<void> {
    await this.orders.change(orderId, (order) => {
      order.mustBeAt(expected);
      order.confirmDelivery(this.clock.now());
    });
  }
}
