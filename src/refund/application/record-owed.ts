import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Money } from '../../kernel/money.js';
import { Message, Queued } from '../../messaging/index.js';
import { OwedAmounts } from '../domain/owed-amounts.js';
import { owedKey } from './refund-payment.js';
import { SettleOrder } from './settle-order.js';

/** An order was placed: from now on its total is owed. */
@Message('refund.record-owed')
@Queued<RecordOwed>({ effect: 'database', key: owedKey })
export class RecordOwed extends Command<void> {
  constructor(
    readonly orderId: string,
    readonly total: Money,
  ) {
    super();
  }
}

@CommandHandler(RecordOwed)
export class RecordOwedHandler implements ICommandHandler<RecordOwed> {
  constructor(
    private readonly owed: OwedAmounts,
    private readonly order: SettleOrder,
  ) {}

  /** Settles as well: a capture may have been heard of before its order. */
  async execute({ orderId, total }: RecordOwed): Promise<void> {
    await this.order.settle(await this.owed.change(orderId, (owed) => owed.place(total.amount)), 'overpaid');
  }
}
