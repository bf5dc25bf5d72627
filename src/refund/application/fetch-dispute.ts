import { Command, CommandHandler, type ICommand, type ICommandHandler } from '@nestjs/cqrs';
import { Message, Queued } from '../../messaging/index.js';
import { PaymentGateways } from '../domain/payment-gateway.js';
import { RecordDispute } from './record-dispute.js';
import { RecordPaymentOutcome } from './record-payment-outcome.js';

/** A webhook said that a dispute changed: asks the gateway what it is now. */
@Message('refund.fetch-dispute')
@Queued<FetchDispute>({ effect: 'outside', key: ({ disputeId }) => `gateway:${disputeId}` })
export class FetchDispute extends Command<ICommand[]> {
  constructor(
    readonly gateway: string,
    readonly disputeId: string,
  ) {
    super();
  }
}

@CommandHandler(FetchDispute)
export class FetchDisputeHandler implements ICommandHandler<FetchDispute> {
  constructor(private readonly gateways: PaymentGateways) {}

  /** Nothing is lost, and nobody has to look: the nightly comparison asks again. */
  async onGiveUp(): Promise<void> {}

  async execute({ gateway, disputeId }: FetchDispute): Promise<ICommand[]> {
    const online = this.gateways.online(gateway);
    const report = await online.fetchDispute(disputeId);
    // The webhook of its capture may be late, or lost.
    const payment = await online.fetchPayment(report.gatewayPaymentId);
    return [new RecordPaymentOutcome(gateway, payment), new RecordDispute(gateway, report)];
  }
}
