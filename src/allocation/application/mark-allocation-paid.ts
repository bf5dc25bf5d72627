import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Message, Queued } from '../../messaging/index.js';

/** Stock is taken from unpaid orders first. Of the order, not its lines: it may be paid before they are allocated. */
@Message('allocation.mark-allocation-paid')
@Queued({ effect: 'database' })
export class MarkAllocationPaid extends Command<void> {
  constructor(readonly orderId: string) {
    super();
  }
}

@CommandHandler(MarkAllocationPaid)
export class MarkAllocationPaidHandler implements ICommandHandler<MarkAllocationPaid> {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async execute({ orderId }: MarkAllocationPaid): Promise<void> {
    await this.dataSource.query('INSERT INTO allocation.paid_orders (order_id) VALUES ($1) ON CONFLICT DO NOTHING', [
      orderId,
    ]);
  }
}
