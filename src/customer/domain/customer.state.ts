import type { Money } from '../../kernel/money.js';

/** What a person tells of themselves. */
export interface Profile {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string | null;
  readonly phone: string | null;
}

/** A paid order; its identity is the order's id alone. */
export interface Purchase {
  readonly orderId: string;
  readonly total: Money;
  readonly paidAt: Date;
  readonly canceledAt: Date | null;
}

export interface CustomerState {
  readonly id: string;
  readonly version: number;
  /** Null for one who buys without having registered, and for one whose data were erased. */
  readonly profile: Profile | null;
  /** How many purchases count: they are not canceled. */
  readonly purchases: number;
  /** The purchase of the order that was asked for: a history may be long, and no decision needs all of it. */
  readonly purchase: Purchase | null;
  readonly vipSince: Date | null;
  readonly firstSeenAt: Date;
  readonly registeredAt: Date | null;
  readonly erasedAt: Date | null;
}
