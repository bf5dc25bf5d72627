export interface CapturedPayment {
  readonly paymentId: string;
  readonly captured: number;
  /** Sum of its refunds that aren't canceled. */
  readonly refundTotal: number;
  /** What the customer's bank took back, at least until it has decided. */
  readonly disputed: number;
}

export interface DueRefund {
  readonly paymentId: string;
  readonly amount: number;
}

/**
 * The one rule about money: what was captured, less what is refunded already, less what is disputed, less what is owed
 * for the order, goes back; from the payments in the given order, and never more from one than it still holds.
 *
 * A failed refund counts as refunded, because it is still due: a retry pays it, not a second refund.
 */
export function refundsDue(owed: number, payments: readonly CapturedPayment[]): readonly DueRefund[] {
  let excess = Math.max(0, held(payments) - owed);
  const due: DueRefund[] = [];
  for (const payment of payments) {
    const amount = Math.min(excess, Math.max(0, remaining(payment)));
    if (amount > 0) due.push({ paymentId: payment.paymentId, amount });
    excess -= amount;
  }
  return due;
}

/** Less than nothing where the customer got money back twice: refunded, and by the bank. */
export function held(payments: readonly CapturedPayment[]): number {
  return payments.reduce((sum, payment) => sum + remaining(payment), 0);
}

function remaining({ captured, refundTotal, disputed }: CapturedPayment): number {
  return captured - refundTotal - disputed;
}
