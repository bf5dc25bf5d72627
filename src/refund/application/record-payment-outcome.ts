import { Command, CommandHandler, type ICommandHandler, QueryBus } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import { Message, Queued } from '../../messaging/index.js';
import { GetOrderForPayment } from '../../order/index.js';
import { Payment } from '../domain/payment.js';
import { type PaymentReport } from '../domain/payment-gateway.js';
import { Payments } from '../domain/payments.js';

@Message('refund.record-payment-outcome')
@Queued<RecordPaymentOutcome>({ effect: 'database', key: ({ report }) => `gateway:${report.gatewayPaymentId}` })
export class RecordPaymentOutcome extends Command<void> {
  constructor(
    readonly gateway: string,
    readonly report: PaymentReport,
  ) {
    super();
  }
}

@CommandHandler(RecordPaymentOutcome)
export class RecordPaymentOutcomeHandler implements ICommandHandler<RecordPaymentOutcome> {
  constructor(
    private readonly payments: Payments,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async execute({ gateway, report }: RecordPaymentOutcome): Promise<void> {
    const { gatewayPaymentId, paymentId, status, amount, code } = report;
    const now = this.clock.now();
    const id = await this.payments.find(gateway, gatewayPaymentId, paymentId);
    if (id === undefined) return this.adopt(gateway, report);
    await this.payments.change(id, (payment) => {
      payment.attachIntent(gatewayPaymentId);
      if (status === 'captured') payment.capture(amount, now);
      if (status === 'failed') payment.fail(code ?? 'unknown', now);
      if (status === 'canceled') payment.cancel(now);
    });
  }

  /** Money that came in past StartPayment: counted if it names an order of ours, else kept for a person to look at. */
  private async adopt(gateway: string, { status, ...report }: PaymentReport): Promise<void> {
    if (status !== 'captured') return;
    const { gatewayPaymentId, amount } = report;
    const origin = { id: this.ids.next(), gateway, gatewayPaymentId, amount };
    const now = this.clock.now();
    const orderId = await this.matchingOrder(report);
    if (orderId === undefined) return this.payments.add(Payment.unmatched({ ...origin, capturedAt: now }));
    const payment = Payment.start({ ...origin, orderId, startedAt: now });
    payment.capture(amount, now);
    await this.payments.add(payment);
  }

  private async matchingOrder({ orderId, amount }: Omit<PaymentReport, 'status'>): Promise<string | undefined> {
    const order = orderId && (await this.queries.execute(new GetOrderForPayment(orderId)));
    return order && order.total.currency === amount.currency ? order.orderId : undefined;
  }
}
