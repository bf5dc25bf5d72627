import type pg from 'pg';
import type { Connections } from './connections.js';

/** Hears from the sequencer, in whatever instance it ran, that the log has grown. A hint: polling is the truth. */
export class WakeListener {
  #client?: pg.Client;
  #starting?: Promise<void>;
  #stopped = false;
  readonly #hearers: ((position: number) => unknown)[] = [];

  constructor(
    private readonly connections: Connections,
    private readonly schema: string,
  ) {}

  onWake(hearer: (position: number) => unknown): void {
    this.#hearers.push(hearer);
  }

  /** Connects, unless connected; called again and again, so that a lost connection comes back. */
  async start(): Promise<void> {
    if (this.#client || this.#stopped) return;
    this.#starting ??= this.connect().finally(() => (this.#starting = undefined));
    await this.#starting;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#starting?.catch(() => undefined);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const client = await this.connections.dedicated();
    this.#client = client;
    const lost = () => {
      if (this.#client === client) this.#client = undefined;
    };
    client.on('error', lost).on('end', lost);
    client.on('notification', ({ payload }) => {
      for (const hear of this.#hearers) hear(Number(payload));
    });
    await client.query(`listen "${this.schema}.event_log"`);
  }
}
