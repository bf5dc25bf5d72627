export interface AttemptStart {
  readonly id: string;
  readonly refundId: string;
  readonly idempotencyKey: string;
  readonly startedAt: Date;
}

export interface AttemptEnd {
  readonly status: 'succeeded' | 'pending' | 'failed' | 'due_by_hand' | 'unknown';
  /** The gateway's code. */
  readonly code?: string;
  readonly endedAt: Date;
}

/** Each call to a gateway for a refund, written before it is made: a call that a crash cut off is seen too. */
export abstract class RefundAttempts {
  abstract start(attempt: AttemptStart): Promise<void>;
  abstract end(id: string, end: AttemptEnd): Promise<void>;
}
