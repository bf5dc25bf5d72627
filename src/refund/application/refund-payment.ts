import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Money } from '../../kernel/money.js';
import { Message, Queued } from '../../messaging/index.js';
import { type Owed } from '../domain/owed.js';
import { OwedAmounts } from '../domain/owed-amounts.js';
import { type RefundReason } from '../domain/refund.state.js';
import { SettleOrder } from './settle-order.js';

/** Whatever decides about one order's money runs one at a time, in stored order. */
export const owedKey = ({ orderId }: { readonly orderId: string }): string => `owed:${orderId}`;

/** Gives back what isn't owed. A cancellation lowers that: to nothing, or by what the canceled lines were worth. */
@Message('refund.refund-payment')
@Queued<RefundPayment>({ effect: 'database', key: owedKey })
export class RefundPayment extends Command<void> {
  constructor(
    readonly orderId: string,
    readonly cancellationId: string | undefined,
    readonly reason: RefundReason,
    /** Of a cancellation of lines; absent when the whole order is canceled. */
    readonly canceled?: Money,
  ) {
    super();
  }
}

@CommandHandler(RefundPayment)
export class RefundPaymentHandler implements ICommandHandler<RefundPayment> {
  constructor(
    private readonly owed: OwedAmounts,
    private readonly order: SettleOrder,
  ) {}

  async execute(command: RefundPayment): Promise<void> {
    const owed = await this.owed.change(command.orderId, (before) => owedAfter(before, command));
    await this.order.settle(owed, command.reason, command.cancellationId);
  }
}

function owedAfter(owed: Owed, { cancellationId, canceled }: RefundPayment): Owed {
  if (cancellationId === undefined) return owed;
  return canceled ? owed.cancelLines(cancellationId, canceled.amount) : owed.cancel(cancellationId);
}
