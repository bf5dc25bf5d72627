import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import { type Owed } from '../domain/owed-amounts.js';
import { Payments } from '../domain/payments.js';
import { type RefundReason } from '../domain/refund.state.js';
import { Refunds } from '../domain/refunds.js';
import { refundsDue } from '../domain/settlement.js';

/**
 * Requests what has to go back for an order. The one place with several aggregates in a transaction: a sum over an
 * order's payments can only be decided while all of them stand still. Its callers have locked the order's row of
 * `owed`, and nobody else locks more than one payment at a time, so it can't deadlock.
 */
@Injectable()
export class SettleOrder {
  constructor(
    private readonly payments: Payments,
    private readonly refunds: Refunds,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async settle(orderId: string, owed: Owed, reason: RefundReason): Promise<void> {
    const payments = await this.payments.lockCaptured(orderId);
    for (const { paymentId, amount } of refundsDue(owed.amount, payments)) {
      const { cancellationId } = owed;
      const grounds = { refundId: this.ids.next(), reason, cancellationId, requestedAt: this.clock.now() };
      const refund = await this.payments.change(paymentId, (payment) => payment.refund(amount, grounds));
      await this.refunds.add(refund);
    }
  }
}
