import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Payments } from '../domain/payments.js';
import { type Actor } from '../domain/refund.state.js';

/** An operator has done what there was to do about a payment. */
export class ResolvePayment extends Command<void> {
  constructor(
    readonly paymentId: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@CommandHandler(ResolvePayment)
export class ResolvePaymentHandler implements ICommandHandler<ResolvePayment> {
  constructor(
    private readonly payments: Payments,
    private readonly clock: Clock,
  ) {}

  async execute({ paymentId, actor }: ResolvePayment): Promise<void> {
    await this.payments.change(paymentId, (payment) => payment.resolve(actor, this.clock.now()));
  }
}
