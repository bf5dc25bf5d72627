import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { QueuedCommands } from '../../messaging/index.js';
import { type Actor } from '../domain/refund.state.js';
import { Refunds } from '../domain/refunds.js';
import { LookUpRefund } from './look-up-refund.js';

/** An operator wants to know what the gateway has done; the look-up follows, since no request waits for a gateway. */
export class CheckRefund extends Command<void> {
  constructor(
    readonly refundId: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@CommandHandler(CheckRefund)
export class CheckRefundHandler implements ICommandHandler<CheckRefund> {
  constructor(
    private readonly refunds: Refunds,
    private readonly queue: QueuedCommands,
    private readonly clock: Clock,
  ) {}

  async execute({ refundId, actor }: CheckRefund): Promise<void> {
    const generation = await this.refunds.change(refundId, (refund) => {
      refund.check(actor, this.clock.now());
      return refund.state.generation;
    });
    await this.queue.send(new LookUpRefund(refundId, generation, 'leave'));
  }
}
