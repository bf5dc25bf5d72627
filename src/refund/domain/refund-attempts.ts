import { type KeptError, type RefundOutcome } from './payment-gateway.js';

export interface AttemptStart {
  readonly id: string;
  readonly refundId: string;
  readonly call: 'refund' | 'look_up';
  /** Null of a look-up, which changes nothing. */
  readonly idempotencyKey: string | null;
  readonly startedAt: Date;
}

export interface AttemptEnd {
  readonly status: RefundOutcome['status'] | KeptError['status'] | 'not_found' | 'unknown';
  /** The gateway's code. */
  readonly code?: string;
  readonly endedAt: Date;
}

/** Each call to a gateway for a refund, written before it is made: a call that a crash cut off is seen too. */
export abstract class RefundAttempts {
  abstract start(attempt: AttemptStart): Promise<void>;
  abstract end(id: string, end: AttemptEnd): Promise<void>;
}
