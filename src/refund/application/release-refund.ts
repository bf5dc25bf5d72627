import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Money } from '../../kernel/money.js';
import { Message, Queued } from '../../messaging/index.js';
import { Payments } from '../domain/payments.js';

/** A refund was canceled: its part of the captured money counts again. */
@Message('refund.release-refund')
@Queued<ReleaseRefund>({ effect: 'database' })
export class ReleaseRefund extends Command<void> {
  constructor(
    readonly paymentId: string,
    readonly amount: Money,
  ) {
    super();
  }
}

@CommandHandler(ReleaseRefund)
export class ReleaseRefundHandler implements ICommandHandler<ReleaseRefund> {
  constructor(private readonly payments: Payments) {}

  async execute({ paymentId, amount }: ReleaseRefund): Promise<void> {
    await this.payments.change(paymentId, (payment) => payment.release(amount.amount));
  }
}
