export interface OwedState {
  readonly orderId: string;
  /**
   * In minor units of the order's currency, which is that of all its payments. Below zero before the placing is heard
   * of, and where more was given back than the order was worth.
   */
  readonly balance: number;
  readonly isPlaced: boolean;
  /** Of the whole order; of several, the first that was heard of. */
  readonly cancellationId: string | null;
  /** Cancellations of lines that are counted already: they may be told of twice. */
  readonly lineCancellations: readonly string[];
}

/**
 * What we may keep for an order. What happened to it may be heard of in any order, and ends in the same amount: the
 * total less what was canceled and what people decided to give back; once it is canceled as a whole, nothing.
 */
export class Owed {
  constructor(readonly state: OwedState) {}

  static unknown(orderId: string): Owed {
    return new Owed({ orderId, balance: 0, isPlaced: false, cancellationId: null, lineCancellations: [] });
  }

  /** Undefined while neither the placing nor the cancellation of the order is heard of. */
  get amount(): number | undefined {
    const { isPlaced, cancellationId, balance } = this.state;
    return isPlaced || cancellationId !== null ? Math.max(0, balance) : undefined;
  }

  place(total: number): Owed {
    const { isPlaced, balance } = this.state;
    if (isPlaced) return this;
    return this.with({ isPlaced: true, balance: this.isCanceled ? balance : balance + total });
  }

  cancelLines(cancellationId: string, amount: number): Owed {
    const { lineCancellations, balance } = this.state;
    if (this.isCanceled || lineCancellations.includes(cancellationId)) return this;
    return this.with({ balance: balance - amount, lineCancellations: [...lineCancellations, cancellationId] });
  }

  cancel(cancellationId: string): Owed {
    return this.isCanceled ? this : this.with({ balance: 0, cancellationId });
  }

  /** A person gives a part back. */
  lower(amount: number): Owed {
    return this.with({ balance: this.state.balance - amount });
  }

  /** A person keeps what was to go back, so that the rule doesn't ask for it again. */
  raise(amount: number): Owed {
    return this.lower(-amount);
  }

  private get isCanceled(): boolean {
    return this.state.cancellationId !== null;
  }

  private with(patch: Partial<OwedState>): Owed {
    return new Owed({ ...this.state, ...patch });
  }
}
