import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Message, Queued } from '../../messaging/index.js';
import { GatewayUnavailable, PaymentIsCanceled } from '../domain/errors.js';
import { type Intent, PaymentGateways, UnknownOutcomeError } from '../domain/payment-gateway.js';
import { Payments } from '../domain/payments.js';

/**
 * Lets the customer pay a started payment. Sent by a request, which waits for the gateway; an outside command all the
 * same, so that no transaction waits with it. Repeating it gives the same intent.
 */
@Message('refund.open-intent')
@Queued({ effect: 'outside' })
export class OpenIntent extends Command<Intent> {
  constructor(readonly paymentId: string) {
    super();
  }
}

@CommandHandler(OpenIntent)
export class OpenIntentHandler implements ICommandHandler<OpenIntent> {
  constructor(
    private readonly payments: Payments,
    private readonly gateways: PaymentGateways,
  ) {}

  async execute({ paymentId }: OpenIntent): Promise<Intent> {
    const { state, intentRequest } = await this.payments.get(paymentId);
    if (state.status === 'canceled') throw new PaymentIsCanceled(paymentId);
    const intent = await this.gateways.online(state.gateway).openIntent(intentRequest).catch(unavailable);
    const isCanceled = await this.payments.change(paymentId, (payment) => {
      payment.attachIntent(intent.gatewayPaymentId);
      return payment.state.status === 'canceled';
    });
    // While the gateway answered. Without its secret nobody can pay the intent.
    if (isCanceled) throw new PaymentIsCanceled(paymentId);
    return intent;
  }
}

function unavailable(error: unknown): never {
  throw error instanceof UnknownOutcomeError ? new GatewayUnavailable(error.gateway) : error;
}
