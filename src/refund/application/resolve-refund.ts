import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { type Actor } from '../domain/refund.state.js';
import { Refunds } from '../domain/refunds.js';

/** An operator has paid the customer back in another way. */
export class ResolveRefund extends Command<void> {
  constructor(
    readonly refundId: string,
    readonly reference: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@CommandHandler(ResolveRefund)
export class ResolveRefundHandler implements ICommandHandler<ResolveRefund> {
  constructor(
    private readonly refunds: Refunds,
    private readonly clock: Clock,
  ) {}

  async execute({ refundId, reference, actor }: ResolveRefund): Promise<void> {
    await this.refunds.change(refundId, (refund) => refund.resolve(reference, actor, this.clock.now()));
  }
}
