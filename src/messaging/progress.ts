import type { Connections } from './connections.js';
import { violates } from './postgres-errors.js';
import type { ClosingStatement } from './unit.js';

export interface LaneKey {
  readonly consumer: string;
  readonly partition: number;
  readonly generation: number;
}

/**
 * How far each lane has come. A step is inserted in the transaction of its effects; its key (consumer, partition,
 * generation, from) can be inserted once, so whoever does a step again, after a lost lease or a long pause, is rolled
 * back together with the effects.
 */
export class Progress {
  constructor(
    private readonly connections: Connections,
    private readonly schema: string,
  ) {}

  step({ consumer, partition, generation }: LaneKey, from: number, to: number): ClosingStatement {
    return {
      name: `${this.schema}.progress`,
      // The pruner deletes old steps, and with them their keys: a step behind the last one violates its check instead.
      text: `insert into ${this.schema}.consumer_progress (consumer, partition, generation, from_position, to_position)
             values ($1, $2, $3, $4, case when exists (
               select 1 from ${this.schema}.consumer_progress
                where consumer = $1 and partition = $2 and generation = $3 and from_position > $4) then $4 else $5 end)`,
      values: [consumer, partition, generation, from, to],
    };
  }

  /** The position up to which a lane is done. */
  async of({ consumer, partition, generation }: LaneKey): Promise<number> {
    const [row] = await this.connections.query<{ position: number }>({
      name: `${this.schema}.progress-of`,
      text: `select coalesce(
               (select to_position from ${this.schema}.consumer_progress
                 where consumer = $1 and partition = $2 and generation = $3 order by from_position desc limit 1),
               (select start_position from ${this.schema}.consumer where name = $1))::float8 as position`,
      values: [consumer, partition, generation],
    });
    return row!.position;
  }

  /** Whether an error says that a step was done already, by somebody else. */
  isTaken(error: unknown): boolean {
    return violates(error, '23505', 'consumer_progress_pkey') || violates(error, '23514', 'consumer_progress_forward');
  }
}
