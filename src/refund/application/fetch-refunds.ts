import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Message, Queued } from '../../messaging/index.js';
import { PaymentGateways } from '../domain/payment-gateway.js';
import { RecordGatewayRefund } from './record-gateway-refund.js';

/** The gateway refused a refund: somebody may have refunded the payment in its dashboard, and no webhook told so yet. */
@Message('refund.fetch-refunds')
@Queued<FetchRefunds>({ effect: 'outside', key: ({ gatewayPaymentId }) => `refunds-of:${gatewayPaymentId}` })
export class FetchRefunds extends Command<RecordGatewayRefund[]> {
  constructor(
    readonly gateway: string,
    readonly gatewayPaymentId: string,
  ) {
    super();
  }
}

@CommandHandler(FetchRefunds)
export class FetchRefundsHandler implements ICommandHandler<FetchRefunds> {
  constructor(private readonly gateways: PaymentGateways) {}

  /** A person has to look at the refused refund in any case. */
  async onGiveUp(): Promise<void> {}

  async execute({ gateway, gatewayPaymentId }: FetchRefunds): Promise<RecordGatewayRefund[]> {
    const reports = await this.gateways.online(gateway).refundsOf(gatewayPaymentId);
    const foreign = reports.filter(({ refundId }) => refundId === undefined);
    return foreign.map((report) => new RecordGatewayRefund(gateway, report));
  }
}
