import type { MessagingClock } from './clock.js';
import type { Connections } from './connections.js';
import type { Settings } from './options.js';

/** What one tick learns: what this instance may work on, and whether there is anything to do. */
export interface TickResult {
  /** The partitions that it leases. */
  readonly owned: readonly number[];
  /** How many of them it should have, given who else is alive. */
  readonly fairShare: number;
  readonly head: number;
  readonly unsequenced: boolean;
  readonly commandsDue: boolean;
  readonly heldDue: boolean;
  /** An instance died a short while ago. */
  readonly careful: boolean;
  /** A hash of all recorded consumers. */
  readonly registry: string | null;
}

/** Which instance works on which partitions. Saves double work; that effects are single is the progress key's doing. */
export class Leases {
  constructor(
    private readonly connections: Connections,
    private readonly clock: MessagingClock,
    private readonly settings: Settings,
  ) {}

  /** Renews what is leased, takes what nobody alive owns, and asks what there is to do: the one statement of an idle instance. */
  async tick(): Promise<TickResult> {
    const [result] = await this.connections.query<TickResult & { owned: number[] }>({
      name: `${this.settings.schema}.tick`,
      text: `select owned, fair_share as "fairShare", head::float8 as head, unsequenced, commands_due as "commandsDue",
                    held_due as "heldDue", careful, registry
               from ${this.settings.schema}.tick($1, $2, $3)`,
      values: [this.settings.instance, Math.ceil(this.settings.leaseMs / 1000), this.clock.now()],
    });
    return result!;
  }

  async release(partitions: readonly number[]): Promise<void> {
    if (partitions.length === 0) return;
    await this.connections.query({
      text: `update ${this.settings.schema}.lease set owner = null where owner = $1 and partition = any ($2)`,
      values: [this.settings.instance, partitions],
    });
  }

  /** Gives everything back; the others' fair share grows at once. */
  async leave(): Promise<void> {
    const { schema } = this.settings;
    await this.connections.query({
      text: `with gone as (delete from ${schema}.instance where id = $1)
             update ${schema}.lease set owner = null where owner = $1`,
      values: [this.settings.instance],
    });
  }
}
