import { Command, CommandHandler, type ICommand, type ICommandHandler } from '@nestjs/cqrs';
import { Message, Queued } from '../../messaging/index.js';
import { PaymentGateways } from '../domain/payment-gateway.js';
import { RecordGatewayRefund } from './record-gateway-refund.js';
import { RecordPaymentOutcome } from './record-payment-outcome.js';

/** A webhook said that a refund changed: asks the gateway what it is now. */
@Message('refund.fetch-refund')
@Queued<FetchRefund>({ effect: 'outside', key: ({ gatewayRefundId }) => `gateway:${gatewayRefundId}` })
export class FetchRefund extends Command<ICommand[]> {
  constructor(
    readonly gateway: string,
    readonly gatewayRefundId: string,
  ) {
    super();
  }
}

@CommandHandler(FetchRefund)
export class FetchRefundHandler implements ICommandHandler<FetchRefund> {
  constructor(private readonly gateways: PaymentGateways) {}

  /** Nothing is lost, and nobody has to look: the reconciliation asks again. */
  async onGiveUp(): Promise<void> {}

  async execute({ gateway, gatewayRefundId }: FetchRefund): Promise<ICommand[]> {
    const online = this.gateways.online(gateway);
    const report = await online.fetchRefund(gatewayRefundId);
    const record = new RecordGatewayRefund(gateway, report);
    if (report.refundId !== undefined) return [record];
    // The webhook of its capture may be late, or lost.
    return [new RecordPaymentOutcome(gateway, await online.fetchPayment(report.gatewayPaymentId)), record];
  }
}
