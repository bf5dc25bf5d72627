import type { Connections } from './connections.js';
import type { UnitOfWork } from './unit-of-work.js';

export interface ConsumerStatus {
  readonly name: string;
  /** Null for a saga, which sees every event. */
  readonly types: readonly string[] | null;
  readonly generation: number;
  /** Everything up to here is handled or held, in every partition. */
  readonly position: number;
  /** Events that it has not come to yet; of each partition the next 1,000 are looked at. */
  readonly lag: number;
  /** The age of the oldest of them, in seconds. */
  readonly lagSeconds: number;
  readonly heldKeys: number;
  readonly heldMessages: number;
  readonly deadMessages: number;
  /** No code of this instance has it; it holds the log's floor until an operator removes it. */
  readonly orphaned: boolean;
}

/** The recorded consumers: how far they are, and what holds them up. All of it read from the database. */
export class ConsumerOverview {
  constructor(
    private readonly connections: Connections,
    private readonly unitOfWork: UnitOfWork,
    private readonly known: () => readonly string[],
    private readonly schema: string,
  ) {}

  async list(): Promise<ConsumerStatus[]> {
    return this.connections.query<ConsumerStatus & { name: string }>({
      text: `select s.*, s.name <> all ($1) as orphaned from ${this.schema}.consumer_status s order by s.name`,
      values: [this.known()],
    });
  }

  /** Lets a consumer handle everything that is kept once more, as a new generation; forgets what it holds. */
  async replay(name: string): Promise<boolean> {
    return this.unitOfWork.run(async (manager) => {
      const rows: unknown[] = await manager.query(
        `with restarted as (
           update ${this.schema}.consumer set generation = generation + 1,
                  start_position = (select floor_position from ${this.schema}.log_meta)
            where name = $1 returning name
         ), forgotten as (delete from ${this.schema}.held_message where consumer = (select name from restarted))
         select name from restarted`,
        [name],
      );
      return rows.length > 0;
    });
  }

  /** Forgets a consumer that no code has any more, with its progress and what it holds. */
  async removeOrphan(name: string): Promise<boolean> {
    if (this.known().includes(name)) return false;
    const rows = await this.connections.query({
      text: `delete from ${this.schema}.consumer where name = $1 returning name`,
      values: [name],
    });
    return rows.length > 0;
  }
}
