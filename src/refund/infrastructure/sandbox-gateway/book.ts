import { appendFileSync, existsSync, readFileSync } from 'node:fs';

export type Metadata = Readonly<Record<string, string>>;

export interface SandboxIntent {
  readonly id: string;
  readonly object: 'payment_intent';
  readonly amount: number;
  readonly amount_received: number;
  readonly currency: string;
  readonly status: 'requires_payment_method' | 'succeeded' | 'canceled';
  readonly client_secret: string;
  readonly latest_charge: string | null;
  readonly last_payment_error: { readonly type: string; readonly code: string; readonly decline_code: string } | null;
  readonly metadata: Metadata;
  readonly created: number;
  readonly livemode: false;
}

export interface SandboxRefund {
  readonly id: string;
  readonly object: 'refund';
  readonly amount: number;
  readonly currency: string;
  readonly payment_intent: string;
  readonly charge: string;
  readonly status: 'pending' | 'succeeded' | 'failed';
  readonly failure_reason: string | null;
  readonly metadata: Metadata;
  readonly created: number;
}

export interface SandboxDispute {
  readonly id: string;
  readonly object: 'dispute';
  readonly amount: number;
  readonly currency: string;
  readonly payment_intent: string;
  readonly charge: string;
  readonly reason: string;
  readonly status: 'needs_response' | 'won' | 'lost';
  readonly created: number;
}

/** What was answered under an idempotency key. */
export interface KeptAnswer {
  readonly request: string;
  readonly status: number;
  readonly body: object;
  /** Milliseconds since the epoch. */
  readonly keptAt: number;
}

export interface SandboxEvent {
  readonly id: string;
  readonly object: 'event';
  readonly type: string;
  readonly created: number;
  readonly data: { readonly object: object };
}

/** A webhook on its way; done when its receiver took it, or a fault dropped it. */
export interface Delivery {
  readonly event: SandboxEvent;
  readonly done: boolean;
}

interface Tables {
  intents: SandboxIntent;
  refunds: SandboxRefund;
  disputes: SandboxDispute;
  answers: KeptAnswer;
  deliveries: Delivery;
}

/**
 * What the sandbox knows. With a file it survives the process: each change is a line, appended before the answer goes
 * out, and the last line of a thing counts.
 */
export class Book {
  readonly #tables: { [T in keyof Tables]: Map<string, Tables[T]> } = {
    intents: new Map(),
    refunds: new Map(),
    disputes: new Map(),
    answers: new Map(),
    deliveries: new Map(),
  };

  constructor(readonly file?: string) {
    if (file === undefined || !existsSync(file)) return;
    for (const line of readFileSync(file, 'utf8').split('\n')) this.replay(line);
  }

  get<T extends keyof Tables>(table: T, id: string): Tables[T] | undefined {
    return this.#tables[table].get(id);
  }

  all<T extends keyof Tables>(table: T): readonly Tables[T][] {
    return [...this.#tables[table].values()];
  }

  put<T extends keyof Tables>(table: T, id: string, value: Tables[T]): Tables[T] {
    this.#tables[table].set(id, value);
    if (this.file !== undefined) appendFileSync(this.file, `${JSON.stringify([table, id, value])}\n`);
    return value;
  }

  /** A kill in the middle of a write leaves half a line, of a change that nobody was told of. */
  private replay(line: string): void {
    try {
      const [table, id, value] = JSON.parse(line) as [keyof Tables, string, never];
      this.#tables[table].set(id, value);
    } catch {
      return;
    }
  }
}
