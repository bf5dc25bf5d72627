export interface CapturedPayment {
  readonly paymentId: string;
  readonly captured: number;
  /** Sum of its refunds that aren't canceled. */
  readonly refundTotal: number;
}

export interface DueRefund {
  readonly paymentId: string;
  readonly amount: number;
}

/**
 * The one rule about money: what was captured, less what is refunded already, less what is owed for the order, goes
 * back; from the payments in the given order, and never more from one than it still holds.
 *
 * A failed refund counts as refunded, because it is still due: a retry pays it, not a second refund.
 */
export function refundsDue(owed: number, payments: readonly CapturedPayment[]): readonly DueRefund[] {
  const held = payments.reduce((sum, payment) => sum + remaining(payment), 0);
  let excess = Math.max(0, held - owed);
  const due: DueRefund[] = [];
  for (const payment of payments) {
    const amount = Math.min(excess, remaining(payment));
    if (amount > 0) due.push({ paymentId: payment.paymentId, amount });
    excess -= amount;
  }
  return due;
}

function remaining({ captured, refundTotal }: CapturedPayment): number {
  return captured - refundTotal;
}
