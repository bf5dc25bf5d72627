import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import { currentMessage, Message, Queued } from '../../messaging/index.js';
import type { CancellationReason } from '../contract/events.js';
import { isOpen } from '../domain/open-lines.js';
import type { Order } from '../domain/order.js';
import { isCanceled } from '../domain/order.rules.js';
import { Orders } from '../domain/orders.js';

/** Answers the cancellation's id. */
@Message('order.cancel-order')
@Queued<CancelOrder>({ effect: 'database', key: (command) => command.orderId })
export class CancelOrder extends Command<string> {
  constructor(
    readonly orderId: string,
    readonly reason: CancellationReason,
    readonly canceledBy: string,
    readonly note: string | null = null,
    /** The line that it is canceled for, where it is for one; if that is canceled by then, the rest stays. */
    readonly becauseOf: string | null = null,
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

  async execute({ orderId, becauseOf, ...request }: CancelOrder): Promise<string> {
    const id = this.ids.next();
    const cancel = (order: Order) => order.cancel({ id, ...request }, this.clock.now());
    if (currentMessage()) {
      // Nobody waits for the answer, and a second line that ran out asks for what is done already.
      await this.orders.changeIfOurs(orderId, (order) => (isOver(order, becauseOf) ? undefined : cancel(order)));
    } else {
      await this.orders.change(orderId, cancel);
    }
    return id;
  }
}

function isOver({ state }: Order, becauseOf: string | null): boolean {
  const cause = state.lines.find(({ lineId }) => lineId === becauseOf);
  return isCanceled(state) || (cause !== undefined && !isOpen(cause));
}
