import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Message, Queued } from '../../messaging/index.js';
import { PaymentGateways } from '../domain/payment-gateway.js';
import { Payments } from '../domain/payments.js';
import { RecordPaymentOutcome } from './record-payment-outcome.js';

/**
 * An order was canceled: withdraws what could still be paid of it. A customer may pay in the same moment; that money
 * goes back by the rule. So does what is paid too much after a partial cancellation: to withdraw an intent then would
 * fail a payment that is being made.
 */
@Message('refund.cancel-intent')
@Queued<CancelIntent>({ effect: 'outside', key: ({ orderId }) => `intents:${orderId}` })
export class CancelIntent extends Command<RecordPaymentOutcome[]> {
  constructor(readonly orderId: string) {
    super();
  }
}

@CommandHandler(CancelIntent)
export class CancelIntentHandler implements ICommandHandler<CancelIntent> {
  constructor(
    private readonly payments: Payments,
    private readonly gateways: PaymentGateways,
    private readonly clock: Clock,
  ) {}

  /** Nothing is lost, and nobody has to look: a late payment goes back. */
  async onGiveUp(): Promise<void> {}

  async execute({ orderId }: CancelIntent): Promise<RecordPaymentOutcome[]> {
    const outcomes: RecordPaymentOutcome[] = [];
    for (const { id, gateway, gatewayPaymentId } of await this.payments.open(orderId)) {
      // The gateway has not answered, so nobody has what is needed to pay it; OpenIntent sees that it is canceled.
      if (gatewayPaymentId === null) await this.payments.change(id, (payment) => payment.cancel(this.clock.now()));
      else outcomes.push(await this.withdraw(gateway, gatewayPaymentId));
    }
    return outcomes;
  }

  private async withdraw(gateway: string, gatewayPaymentId: string): Promise<RecordPaymentOutcome> {
    return new RecordPaymentOutcome(gateway, await this.gateways.online(gateway).cancelIntent(gatewayPaymentId));
  }
}
