import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentMessage, Message, Queued } from '../../messaging/index.js';
import { Carrier } from '../domain/carrier.js';
import { isCanceled } from '../domain/order.rules.js';
import { Orders } from '../domain/orders.js';

/**
 * Tells the carrier where an order goes to now. It names the change, and passes on what holds when it runs: an attempt
 * that comes late can't bring an older address back. One at a time per order, or an older reading could arrive last.
 */
@Message('order.synchronize-shipping-info')
@Queued<SynchronizeShippingInfo>({ effect: 'outside', key: ({ orderId }) => orderId })
export class SynchronizeShippingInfo extends Command<void> {
  constructor(
    readonly orderId: string,
    readonly changedAt: string,
  ) {
    super();
  }
}

@CommandHandler(SynchronizeShippingInfo)
export class SynchronizeShippingInfoHandler implements ICommandHandler<SynchronizeShippingInfo> {
  constructor(
    private readonly orders: Orders,
    private readonly carrier: Carrier,
  ) {}

  async execute({ orderId }: SynchronizeShippingInfo): Promise<void> {
    const { messageId, signal } = currentMessage()!;
    const { state } = await this.orders.get(orderId);
    // Nothing is on its way; and a customer's data are erased only then.
    if (isCanceled(state) || state.deliveredAt) return;
    await this.carrier.updateShippingInfo(
      { orderId, shippingInfo: state.shippingInfo, idempotencyKey: messageId },
      signal,
    );
  }
}
