import { Injectable } from '@nestjs/common';
import { RefundInProgress } from '../domain/errors.js';
import { OwedAmounts } from '../domain/owed-amounts.js';
import { Payments } from '../domain/payments.js';
import { type RefundReport } from '../domain/payment-gateway.js';
import { Refunds } from '../domain/refunds.js';
import { type OpenRefund, replacedBy } from '../domain/replacement.js';
import { SettleOrder } from './settle-order.js';

/**
 * Makes a refund of ours of one that somebody made in the gateway's dashboard. It first pays what was due already and
 * could not be refunded; the rest is a decision of staff, as an operator's refund is. Locks in SettleOrder's order.
 */
@Injectable()
export class CountGatewayRefund {
  constructor(
    private readonly owed: OwedAmounts,
    private readonly payments: Payments,
    private readonly refunds: Refunds,
    private readonly order: SettleOrder,
  ) {}

  async count(paymentId: string, report: RefundReport, now: Date): Promise<void> {
    const { orderId } = (await this.payments.get(paymentId)).state;
    if (orderId === null) return this.order.discover(paymentId, report);
    // Locks the row; how much is decided once the refunds are locked too.
    await this.owed.change(orderId, (owed) => owed);
    const replaced = await this.replace(paymentId, report, now);
    await this.order.discover(paymentId, report);
    const due = replaced.reduce((sum, { amount }) => sum + amount, 0);
    const owed = await this.owed.change(orderId, (before) => before.lower(Math.max(0, report.amount.amount - due)));
    // What the replaced ones were to pay beyond it is still due.
    await this.order.settle(owed, 'overpaid');
  }

  private async replace(paymentId: string, report: RefundReport, now: Date): Promise<readonly OpenRefund[]> {
    const { gatewayRefundId, amount } = report;
    const room = await this.payments.change(paymentId, (payment) => payment.refundable.amount);
    const replaced = replacedBy(amount.amount, room, await this.refunds.lockOpen(paymentId));
    // Tried again: once the gateway has answered, that one has failed, or there was room for both.
    if (!replaced) throw new RefundInProgress();
    for (const { id } of replaced) await this.refunds.change(id, (refund) => refund.replace(gatewayRefundId, now));
    const freed = replaced.reduce((sum, refund) => sum + refund.amount, 0);
    if (freed > 0) await this.payments.change(paymentId, (payment) => payment.release(freed));
    return replaced;
  }
}
