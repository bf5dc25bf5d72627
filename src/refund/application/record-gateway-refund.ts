import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Message, Queued } from '../../messaging/index.js';
import { type RefundReport } from '../domain/payment-gateway.js';
import { Payments } from '../domain/payments.js';
import { Refunds } from '../domain/refunds.js';
import { CountGatewayRefund } from './count-gateway-refund.js';

/**
 * Records what the gateway says of a refund, whoever made it. With the key of what the gateway says of its payment,
 * which must be recorded first: nothing can be refunded of what isn't captured yet.
 */
@Message('refund.record-gateway-refund')
@Queued<RecordGatewayRefund>({ effect: 'database', key: ({ report }) => `gateway:${report.gatewayPaymentId}` })
export class RecordGatewayRefund extends Command<void> {
  constructor(
    readonly gateway: string,
    readonly report: RefundReport,
  ) {
    super();
  }
}

@CommandHandler(RecordGatewayRefund)
export class RecordGatewayRefundHandler implements ICommandHandler<RecordGatewayRefund> {
  constructor(
    private readonly refunds: Refunds,
    private readonly payments: Payments,
    private readonly discovered: CountGatewayRefund,
    private readonly clock: Clock,
  ) {}

  async execute({ gateway, report }: RecordGatewayRefund): Promise<void> {
    const id = await this.idOf(gateway, report);
    if (id !== undefined) return this.record(id, report);
    const paymentId = await this.payments.find(gateway, report.gatewayPaymentId);
    // Other shops may use the same account; and what failed before we heard of it changes nothing.
    if (paymentId === undefined || report.outcome.status === 'failed') return;
    await this.discovered.count(paymentId, report, this.clock.now());
  }

  /** Nothing is lost, and nobody has to look: the nightly comparison finds it again. */
  async onGiveUp(): Promise<void> {}

  /** A refund that was canceled here and made all the same is a new one. */
  private async idOf(gateway: string, { refundId, gatewayRefundId }: RefundReport): Promise<string | undefined> {
    const claimed = refundId === undefined ? undefined : await this.refunds.find(refundId);
    if (claimed && claimed.state.status !== 'canceled') return claimed.state.id;
    return this.refunds.named(gateway, gatewayRefundId);
  }

  private async record(id: string, { refundId, generation, outcome }: RefundReport): Promise<void> {
    const now = this.clock.now();
    await this.refunds.change(id, (refund) => {
      refund.record(refundId === id ? generation : refund.state.generation, outcome, now);
    });
  }
}
