import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Message, Queued } from '../../messaging/index.js';
import { PaymentGateways } from '../domain/payment-gateway.js';
import { RecordPaymentOutcome } from './record-payment-outcome.js';

/** A webhook said that a payment changed: asks the gateway what it is now. */
@Message('refund.fetch-payment')
@Queued<FetchPayment>({ effect: 'outside', key: ({ gatewayPaymentId }) => `gateway:${gatewayPaymentId}` })
export class FetchPayment extends Command<RecordPaymentOutcome> {
  constructor(
    readonly gateway: string,
    readonly gatewayPaymentId: string,
  ) {
    super();
  }
}

@CommandHandler(FetchPayment)
export class FetchPaymentHandler implements ICommandHandler<FetchPayment> {
  constructor(private readonly gateways: PaymentGateways) {}

  /** Nothing is lost, and nobody has to look: the reconciliation asks again. */
  async onGiveUp(): Promise<void> {}

  async execute({ gateway, gatewayPaymentId }: FetchPayment): Promise<RecordPaymentOutcome> {
    const report = await this.gateways.online(gateway).fetchPayment(gatewayPaymentId);
    return new RecordPaymentOutcome(gateway, report);
  }
}
