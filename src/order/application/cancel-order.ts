import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import type { CancellationReason } from '../contract/events.js';
import { Orders } from '../domain/orders.js';

/** Answers the cancellation's id. */
export class CancelOrder extends Command<string> {
  constructor(
    readonly orderId: string,
    readonly reason: CancellationReason,
    readonly canceledBy: string,
    readonly note: string | null = null,
  ) {
    super();
  }
}

@CommandHandler(CancelOrder)
export class CancelOrderHandler implements ICommandHandler<CancelOrder> {
  constructor(
    private readonly orders: Orders,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async execute({ orderId, ...request }: CancelOrder): Promise<string> {
    const id = this.ids.next();
    await this.orders.change(orderId, (order) => order.cancel({ id, ...request }, this.clock.now()));
    return id;
  }
}
