import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import { type Owed } from '../domain/owed.js';
import { type RefundReport } from '../domain/payment-gateway.js';
import { Payments } from '../domain/payments.js';
import { type RefundGrounds, type RefundReason } from '../domain/refund.state.js';
import { Refunds } from '../domain/refunds.js';
import { refundsDue } from '../domain/settlement.js';

type Why = Pick<RefundGrounds, 'reason' | 'cancellationId' | 'actor'>;

/**
 * Requests what has to go back for an order. Several aggregates in a transaction, as wherever an order's money is
 * decided about: a sum over its payments holds only while all of them stand still. All who do so lock the order's row
 * of `owed` first, then payments, then refunds, so they can't deadlock; others lock one payment or one refund.
 */
@Injectable()
export class SettleOrder {
  constructor(
    private readonly payments: Payments,
    private readonly refunds: Refunds,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** A capture may be heard of before its order: what is owed is unknown then, and RecordOwed settles when it comes. */
  async settle({ state, amount: owed }: Owed, asked: RefundReason, cancellation?: string): Promise<void> {
    if (owed === undefined) return;
    const cancellationId = state.cancellationId ?? cancellation;
    // Whether its payment or its cancellation is heard of first is chance.
    const reason = state.cancellationId === null ? asked : 'canceled';
    const payments = await this.payments.lockCaptured(state.orderId);
    for (const { paymentId, amount } of refundsDue(owed, payments)) {
      await this.request(paymentId, amount, { reason, cancellationId });
    }
  }

  /** Gives the refund's id. */
  async request(paymentId: string, amount: number, why: Why): Promise<string> {
    const grounds = { ...why, refundId: this.ids.next(), requestedAt: this.clock.now() };
    await this.refunds.add(await this.payments.change(paymentId, (payment) => payment.refund(amount, grounds)));
    return grounds.refundId;
  }

  /** Records a refund that the gateway has made already. */
  async discover(paymentId: string, { gatewayRefundId, amount, outcome }: RefundReport): Promise<void> {
    const now = this.clock.now();
    const discovery = { refundId: this.ids.next(), gatewayRefundId, discoveredAt: now };
    const refund = await this.payments.change(paymentId, (payment) => payment.discover(amount.amount, discovery));
    if (!refund) return;
    refund.record(refund.state.generation, outcome, now);
    await this.refunds.add(refund);
  }
}
