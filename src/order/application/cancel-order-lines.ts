import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import type { UnitsOfLine } from '../domain/open-lines.js';
import type { CancellationRequest } from '../domain/order.js';
import { Orders } from '../domain/orders.js';

/** Answers the cancellation's id. */
export class CancelOrderLines extends Command<string> {
  constructor(
    readonly orderId: string,
    readonly lines: readonly UnitsOfLine[],
    readonly request: Omit<CancellationRequest, 'id'>,
  ) {
    super();
  }
}

@CommandHandler(CancelOrderLines)
export class CancelOrderLinesHandler implements ICommandHandler<CancelOrderLines> {
  constructor(
    private readonly orders: Orders,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async execute({ orderId, lines, request }: CancelOrderLines): Promise<string> {
    const id = this.ids.next();
    await this.orders.change(orderId, (order) => order.cancelLines({ id, ...request }, lines, this.clock.now()));
    return id;
  }
}
