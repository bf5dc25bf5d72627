import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Message, Queued } from '../../messaging/index.js';
import { PaymentGateways } from '../domain/payment-gateway.js';
import { RecordRefundOutcome } from './record-refund-outcome.js';

/** A webhook said that a refund changed: asks the gateway what it is now. */
@Message('refund.fetch-refund')
@Queued<FetchRefund>({ effect: 'outside', key: ({ gatewayRefundId }) => `gateway:${gatewayRefundId}` })
export class FetchRefund extends Command<RecordRefundOutcome | undefined> {
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

  async execute({ gateway, gatewayRefundId }: FetchRefund): Promise<RecordRefundOutcome | undefined> {
    const { refundId, generation, outcome } = await this.gateways.online(gateway).fetchRefund(gatewayRefundId);
    return refundId === undefined ? undefined : new RecordRefundOutcome(refundId, generation, outcome);
  }
}
