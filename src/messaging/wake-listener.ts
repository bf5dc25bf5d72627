import type pg from 'pg';
import type { Connections } from './connections.js';

/** Hears from the sequencer, in whatever instance it ran, that the log has grown. A hint: polling is the truth. */
export class WakeListener {
  #client?: pg.Client;
  onWake: (position: number) => unknown = () => undefined;

  constructor(
    private readonly connections: Connections,
    private readonly schema: string,
  ) {}

  /** Connects, unless connected; called with every tick, so that a lost connection comes back. */
  async start(): Promise<void> {
    if (this.#client) return;
    const client = await this.connections.dedicated();
    this.#client = client;
    const lost = () => {
      if (this.#client === client) this.#client = undefined;
    };
    client.on('error', lost).on('end', lost);
    client.on('notification', ({ payload }) => this.onWake(Number(payload)));
    await client.query(`listen "${this.schema}.event_log"`);
  }

  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }
}
