import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Message, Queued } from '../../messaging/index.js';
import { Refunds } from '../domain/refunds.js';

/** The gateway doesn't know of a refund that it told us it had made. */
@Message('refund.raise-difference')
@Queued<RaiseDifference>({ effect: 'database' })
export class RaiseDifference extends Command<void> {
  constructor(readonly refundId: string) {
    super();
  }
}

@CommandHandler(RaiseDifference)
export class RaiseDifferenceHandler implements ICommandHandler<RaiseDifference> {
  constructor(
    private readonly refunds: Refunds,
    private readonly clock: Clock,
  ) {}

  async execute({ refundId }: RaiseDifference): Promise<void> {
    await this.refunds.change(refundId, (refund) => refund.differ('missing_at_gateway', this.clock.now()));
  }
}
