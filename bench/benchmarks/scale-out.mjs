import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { inTurn } from '../rounds.mjs';
import { startProcess } from '../systems/process.mjs';
import { checkEffects, commitEvents, createTables } from '../systems/tables.mjs';

/** The second one is what the others are compared with. */
const INSTANCES = [2, 1, 4];
const PARTITIONS = 16;
const STREAMS = 500;
const PATIENCE_MS = 120_000;

/** How fast several processes together handle events on one PostgreSQL, each of them its share of the partitions. */
export async function scaleOut(context) {
  const events = context.quick ? 10_000 : 30_000;
  const systems = [];
  try {
    for (const instances of INSTANCES) systems.push(await Instances.start(context.server, instances));
    const contenders = systems.map((system) => ({ name: system.name, round: () => system.round(events) }));
    const title = `scale-out: ${events.toLocaleString('en')} events, one row and one transaction each, on as many processes`;
    return [{ title, results: await inTurn(contenders, context), bars: [] }];
  } finally {
    for (const system of systems) await system.stop();
  }
}

class Instances {
  #running = [];

  static async start(server, count) {
    const system = new Instances();
    system.name = count === 1 ? '1 instance' : `${count} instances`;
    system.database = await server.createDatabase(`scale_${count}`);
    system.client = new pg.Client({ connectionString: system.database.url });
    await system.client.connect();
    await createTables(system.client, 'core');
    for (let i = 0; i < count; i++) {
      system.#running.push(
        await startProcess('bench/systems/core-instance.mjs', { DATABASE_URL: system.database.url }),
      );
    }
    await system.#until('select count(*)::int as n from core.lease where owner is not null', PARTITIONS);
    await system.#until('select count(distinct owner)::int as n from core.lease', count);
    return system;
  }

  async round(events) {
    await commitEvents(this.client, 'core', { events, streams: STREAMS });
    const begin = performance.now();
    await this.client.query('notify "core.event_log", \'0\'');
    await this.#until('select count(*)::int as n from core.effect', events);
    const seconds = (performance.now() - begin) / 1_000;
    await checkEffects(this.client, 'core', events);
    return { 'events/s': events / seconds };
  }

  async #until(sql, expected) {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const { rows } = await this.client.query(sql);
      if (rows[0].n >= expected) return;
      if (performance.now() > deadline) throw new Error(`${this.name}: ${rows[0].n} of ${expected}: ${sql}`);
      await pause(100);
    }
  }

  async stop() {
    for (const instance of this.#running) await instance.stop();
    await this.client.end();
    await this.database.drop();
  }
}
