import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import { Message, Queued } from '../../messaging/index.js';
import { Orders } from '../domain/orders.js';

/** There is no stock for a line: the whole order is canceled, unless that line is by then, or the order. */
@Message('order.cancel-out-of-stock')
@Queued<CancelOutOfStock>({ effect: 'database', key: (command) => command.orderId })
export class CancelOutOfStock extends Command<void> {
  constructor(
    readonly orderId: string,
    readonly lineId: string,
  ) {
    super();
  }
}

@CommandHandler(CancelOutOfStock)
export class CancelOutOfStockHandler implements ICommandHandler<CancelOutOfStock> {
  constructor(
    private readonly orders: Orders,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async execute({ orderId, lineId }: CancelOutOfStock): Promise<void> {
    await this.orders.changeIfOurs(orderId, (order) => order.runOut(lineId, this.ids.next(), this.clock.now()));
  }
}
