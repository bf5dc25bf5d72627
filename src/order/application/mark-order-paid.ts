import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import type { Money } from '../../kernel/money.js';
import { Message, Queued } from '../../messaging/index.js';
import { Orders } from '../domain/orders.js';

/** Adds one capture; the order is paid once its captures cover the total. */
@Message('order.mark-order-paid')
@Queued<MarkOrderPaid>({ effect: 'database', key: (command) => command.orderId })
export class MarkOrderPaid extends Command<void> {
  constructor(
    readonly orderId: string,
    readonly paymentId: string,
    readonly amount: Money,
  ) {
    super();
  }
}

@CommandHandler(MarkOrderPaid)
export class MarkOrderPaidHandler implements ICommandHandler<MarkOrderPaid> {
  constructor(
    private readonly orders: Orders,
    private readonly clock: Clock,
  ) {}

  async execute({ orderId, paymentId, amount }: MarkOrderPaid): Promise<void> {
    const now = this.clock.now();
    await this.orders.changeIfOurs(orderId, (order) => order.recordCapture({ paymentId, amount }, now));
  }
}
