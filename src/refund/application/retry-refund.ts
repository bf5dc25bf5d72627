import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { type Actor } from '../domain/refund.state.js';
import { Refunds } from '../domain/refunds.js';

/** An operator lets the gateway be asked again. */
export class RetryRefund extends Command<void> {
  constructor(
    readonly refundId: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@CommandHandler(RetryRefund)
export class RetryRefundHandler implements ICommandHandler<RetryRefund> {
  constructor(
    private readonly refunds: Refunds,
    private readonly clock: Clock,
  ) {}

  async execute({ refundId, actor }: RetryRefund): Promise<void> {
    await this.refunds.change(refundId, (refund) => refund.retry(actor, this.clock.now()));
  }
}
