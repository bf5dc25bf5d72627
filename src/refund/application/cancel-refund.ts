import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { type Actor } from '../domain/refund.state.js';
import { Refunds } from '../domain/refunds.js';

/** An operator drops a refund that nothing was paid for. */
export class CancelRefund extends Command<void> {
  constructor(
    readonly refundId: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@CommandHandler(CancelRefund)
export class CancelRefundHandler implements ICommandHandler<CancelRefund> {
  constructor(
    private readonly refunds: Refunds,
    private readonly clock: Clock,
  ) {}

  async execute({ refundId, actor }: CancelRefund): Promise<void> {
    await this.refunds.change(refundId, (refund) => refund.cancel(actor, this.clock.now()));
  }
}
