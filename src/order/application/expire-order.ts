import { Command, CommandHandler, EventsHandler, type ICommandHandler, type IEventHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import { BeforeCommit, Message, Queued, QueuedCommands } from '../../messaging/index.js';
import { OrderPlaced } from '../contract/events.js';
import { Orders } from '../domain/orders.js';

/**
 * Waits until the order's payment is due. Without the order's key: commands of one key run in stored order, and all
 * later ones of the order would wait for this one.
 */
@Message('order.expire-order')
@Queued<ExpireOrder>({ effect: 'database' })
export class ExpireOrder extends Command<void> {
  constructor(readonly orderId: string) {
    super();
  }
}

@CommandHandler(ExpireOrder)
export class ExpireOrderHandler implements ICommandHandler<ExpireOrder> {
  constructor(
    private readonly orders: Orders,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async execute({ orderId }: ExpireOrder): Promise<void> {
    await this.orders.change(orderId, (order) => order.expire(this.ids.next(), this.clock.now()));
  }
}

/** Stored with the order: no saga, because a saga's commands are due at once. */
@EventsHandler(OrderPlaced)
@BeforeCommit()
export class ExpireOrderWhenDue implements IEventHandler<OrderPlaced> {
  constructor(private readonly queue: QueuedCommands) {}

  async handle({ orderId, paymentDueAt }: OrderPlaced): Promise<void> {
    await this.queue.send(new ExpireOrder(orderId), { at: paymentDueAt });
  }
}
