import { Logger } from '@nestjs/common';
import type { Connections } from './connections.js';
import type { Consumer } from './consumer.js';
import type { DrivenConsumer } from './partitions.js';

interface ConsumerRow {
  name: string;
  types: string[] | null;
  generation: number;
}

/** What the application's code handles. */
interface Code {
  readonly consumers: readonly Consumer[];
  knows(type: string): boolean;
}

/** What is known in the database of this application's consumers. */
export class ConsumerRegistry {
  readonly #logger = new Logger('ConsumerRegistry');
  #driven: readonly DrivenConsumer[] = [];

  constructor(
    private readonly connections: Connections,
    private readonly schema: string,
    private readonly code: () => Code,
  ) {}

  /**
   * The consumers that this instance may drive: those whose stored event types are its own. During a rolling deployment
   * an older instance leaves alone what a newer one has extended, or it would pass over events that it does not know.
   */
  get driven(): readonly DrivenConsumer[] {
    return this.#driven;
  }

  /** Enters new consumers, from now or from the beginning, and takes over those whose event types have changed. */
  async register(): Promise<void> {
    const { consumers } = this.code();
    const rows = consumers.map(({ name, types, from }) => ({ name, types: types ?? null, from }));
    await this.warnOfUnknown();
    await this.connections.query({
      text: `insert into ${this.schema}.consumer as c (name, types, start_position)
             select r.name, r.types, case when r."from" = 'now'
                      then (select coalesce(max(position), 0) from ${this.schema}.event_log)
                      else (select floor_position from ${this.schema}.log_meta) end
               from jsonb_to_recordset($1) as r (name text, types text[], "from" text)
             on conflict (name) do update set types = excluded.types where c.types is distinct from excluded.types`,
      values: [JSON.stringify(rows)],
    });
  }

  async load(): Promise<void> {
    const rows = await this.connections.query<ConsumerRow>({
      text: `select name, types, generation from ${this.schema}.consumer`,
    });
    const stored = new Map(rows.map((row) => [row.name, row]));
    this.#driven = this.code().consumers.flatMap((consumer) => {
      const row = stored.get(consumer.name);
      return row && String(row.types) === String(consumer.types ?? null)
        ? [{ ...consumer, generation: row.generation }]
        : [];
    });
  }

  /** Names are recorded at first use; whoever renames a class without keeping its name should hear of it. */
  private async warnOfUnknown(): Promise<void> {
    const code = this.code();
    const recorded = await this.connections.query<{ kind: string; name: string }>({
      text: `select 'consumer' as kind, name from ${this.schema}.consumer
             union select 'event', unnest(types) from ${this.schema}.consumer
             union select 'command', type from ${this.schema}.queued_command order by kind, name`,
    });
    const consumers = new Set(code.consumers.map(({ name }) => name));
    const gone = recorded.filter(({ kind, name }) => !(kind === 'consumer' ? consumers.has(name) : code.knows(name)));
    if (gone.length === 0) return;
    const list = gone.map(({ kind, name }) => `${kind} ${name}`).join(', ');
    this.#logger.warn(
      `no code here has these recorded names any more: ${list}. A renamed class keeps its name with @Consumer or @Message`,
    );
  }
}
