import type { EntityManager } from 'typeorm';
import type { MessagingClock } from './clock.js';
import type { MessageHeaders } from './message-context.js';
import type { UnitOfWork } from './unit-of-work.js';

export interface DeadLetterFilter {
  readonly consumer?: string;
  /** The message's type, such as `order.canceled`. */
  readonly type?: string;
  readonly streamId?: string;
}

/** A message that was given up: an event for one consumer, or a stored command. */
export interface DeadLetter {
  readonly id: string;
  readonly kind: 'event' | 'command';
  /** For a command, its own type: a command has one handler. */
  readonly consumer: string;
  readonly type: string;
  readonly stream: { readonly type: string; readonly id: string } | null;
  readonly position: number | null;
  readonly attempts: number;
  readonly deadAt: Date;
  readonly error: string;
  /** Later messages that wait behind it. */
  readonly waiting: number;
}

/** Where a letter stands in the list. */
export type DeadLetterPlace = Pick<DeadLetter, 'deadAt' | 'id'>;

/** What happened to a message so far: failed attempts, and what operators did. */
export interface HistoryEntry {
  readonly at: string;
  readonly attempt?: number;
  readonly error?: string;
  readonly stack?: string;
  readonly action?: 'retried';
  readonly actor?: string;
}

export interface DeadLetterDetails extends DeadLetter {
  readonly payload: object;
  readonly headers: MessageHeaders;
  readonly history: readonly HistoryEntry[];
}

/** Messages that were given up: the operators' work list. Every action is recorded with who did it. */
export class DeadLetters {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: MessagingClock,
    private readonly schema: string,
  ) {}

  /** Newest first; `after` is the last one of the page before, which need not be there any more. */
  async list(filter: DeadLetterFilter, limit: number, after?: DeadLetterPlace): Promise<DeadLetter[]> {
    return this.select<DeadLetter>('id, kind, consumer, type, stream, position, attempts, "deadAt", error, waiting', {
      filter,
      limit,
      after,
    });
  }

  async get(id: string): Promise<DeadLetterDetails | undefined> {
    const [found] = await this.select<DeadLetterDetails>('*', { id, filter: {}, limit: 1 });
    return found;
  }

  /** Makes one letter, or all that match, due at once, with a fresh schedule. Returns how many there were. */
  async retry(which: { readonly id: string } | DeadLetterFilter, actor: string): Promise<number> {
    return this.unitOfWork.run(async (manager) => {
      const values = this.match(which);
      const [row] = (await manager.query(`select ${this.schema}.retry_dead($1, $2, $3, $4, $5, $6) as retried`, [
        ...values,
        this.clock.now(),
        actor,
      ])) as { retried: number }[];
      return row!.retried;
    });
  }

  /** Removes a letter for good and lets what waits behind it go on. Returns false where there is none. */
  async discard(id: string, reason: string, actor: string): Promise<boolean> {
    return this.unitOfWork.run(async (manager: EntityManager) => {
      const [row] = (await manager.query(`select ${this.schema}.discard_dead($1, $2, $3, $4) as discarded`, [
        id,
        reason,
        actor,
        this.clock.now(),
      ])) as { discarded: boolean }[];
      return row!.discarded;
    });
  }

  private match(which: { readonly id?: string } & DeadLetterFilter): (string | null)[] {
    return [which.id ?? null, which.consumer ?? null, which.type ?? null, which.streamId ?? null];
  }

  private async select<R>(
    columns: string,
    query: { id?: string; filter: DeadLetterFilter; limit: number; after?: DeadLetterPlace },
  ) {
    return this.unitOfWork.run(async (manager): Promise<R[]> =>
      manager.query(
        `select ${columns} from ${this.schema}.dead_letter
            where ($1::text is null or id = $1) and ($2::text is null or consumer = $2)
              and ($3::text is null or type = $3) and ($4::text is null or stream ->> 'id' = $4)
              and ($5::timestamptz is null or ("deadAt", id) < ($5, $6::text))
            order by "deadAt" desc, id desc limit $7`,
        [
          ...this.match({ id: query.id, ...query.filter }),
          query.after?.deadAt ?? null,
          query.after?.id ?? null,
          query.limit,
        ],
      ),
    );
  }
}
