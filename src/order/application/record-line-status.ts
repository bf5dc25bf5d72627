import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Message, Queued } from '../../messaging/index.js';
import type { LineStatus } from '../domain/order.state.js';
import { Orders } from '../domain/orders.js';

@Message('order.record-line-status')
@Queued<RecordLineStatus>({ effect: 'database', key: (command) => command.orderId })
export class RecordLineStatus extends Command<void> {
  constructor(
    readonly orderId: string,
    readonly lineId: string,
    readonly status: LineStatus,
  ) {
    super();
  }
}

@CommandHandler(RecordLineStatus)
export class RecordLineStatusHandler implements ICommandHandler<RecordLineStatus> {
  constructor(private readonly orders: Orders) {}

  async execute({ orderId, lineId, status }: RecordLineStatus): Promise<void> {
    await this.orders.changeIfOurs(orderId, (order) => order.recordLineStatus(lineId, status));
  }
}
