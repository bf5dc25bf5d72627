import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { ExpectedVersions } from '../../kernel/aggregate.js';
import { Clock } from '../../kernel/clock.js';
import type { ShippingInfo } from '../contract/events.js';
import { Orders } from '../domain/orders.js';

export class ChangeShippingInfo extends Command<void> {
  constructor(
    readonly orderId: string,
    readonly shippingInfo: ShippingInfo,
    readonly expected: ExpectedVersions,
  ) {
    super();
  }
}

@CommandHandler(ChangeShippingInfo)
export class ChangeShippingInfoHandler implements ICommandHandler<ChangeShippingInfo> {
  constructor(
    private readonly orders: Orders,
    private readonly clock: Clock,
  ) {}

  async execute({ orderId, shippingInfo, expected }: ChangeShippingInfo): Promise<void> {
    await this.orders.change(orderId, (order) => {
      order.mustBeAt(expected);
      order.changeShippingInfo(shippingInfo, this.clock.now());
    });
  }
}
