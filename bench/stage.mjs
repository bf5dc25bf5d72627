import pg from 'pg';
import { CATALOGUE } from './systems/catalogue.mjs';
import { Remote } from './systems/remote.mjs';
import { checkEffects } from './systems/tables.mjs';

/** A database, and the systems that are measured on it. Only the one whose turn it is has anything open on it. */
export class Stage {
  systems = [];

  /**
   * @param {import('./context.mjs').Context} context
   * @param {{ row: string, use: string, systems: string[] }} cast
   */
  static async open(context, { row, use, systems }) {
    const stage = new Stage();
    stage.context = context;
    stage.database = await context.server.createDatabase(`${row}_${use}`.replaceAll('-', '_'));
    stage.client = new pg.Client({ connectionString: stage.database.url });
    stage.client.on('error', () => undefined);
    await stage.client.connect();
    for (const name of systems) stage.systems.push(await stage.#enter(name, use));
    return stage;
  }

  async #enter(name, use) {
    const { title, role, uses, package: packageName } = CATALOGUE[name];
    const { how, ...gives } = uses[use];
    const system = { name: title, role, how, gives: 'ordered' in gives ? gives : undefined };
    const missing = packageName && this.context.peers.missing(packageName);
    if (missing) return { ...system, missing };
    const { node } = this.context.peers;
    const remote = new Remote(name, { databaseUrl: this.database.url, use, node });
    try {
      await remote.call('prepared');
      return { ...system, remote };
    } catch (error) {
      await remote.end();
      if (role !== 'peer') throw error;
      return { ...system, missing: error.message };
    }
  }

  /**
   * @param {(system: { remote: Remote, schema: string, check: (events: number) => Promise<void> }) => Promise<Record<string, number>>} round
   * @param {{ deliver?: boolean }} [options] whether the systems hand on what is committed
   */
  contenders(round, options = { deliver: true }) {
    return this.systems.map(({ remote, ...system }) => {
      if (system.missing) return system;
      return { ...system, round: () => this.#turn({ remote, ...system }, round, options) };
    });
  }

  /** Lets each system commit what nobody handles before the rounds begin. */
  async fill(work) {
    for (const { remote, name } of this.systems.filter((system) => system.remote)) {
      // A consumer begins where the log is when it is first seen.
      await remote.call('open', { deliver: true });
      await remote.call('close');
      await remote.call('open', { deliver: false });
      await work(remote, name);
      await remote.call('close');
      await remote.call('filled');
    }
  }

  async #turn({ remote, gives }, round, options) {
    // Vacuum and statistics come by themselves in time; here they would come in anybody's turn.
    await this.client.query('vacuum analyze');
    await remote.call('open', options);
    try {
      const schema = await remote.call('schemaName');
      const check = (events) => checkEffects(this.client, schema, { events, ...gives });
      const claims = (work) => this.#claims(remote, work);
      return await round({ remote, schema, check, claims });
    } finally {
      await remote.call('close');
    }
  }

  /** How long, on the average, the statement took by which the system asks for work; and how fast it worked. */
  async #claims(remote, work) {
    const { statements } = this.context.server;
    if (!statements) return { 'events/s': await work() };
    const pattern = await remote.call('claimPattern');
    await statements.reset();
    const perSecond = await work();
    await remote.call('polled');
    return { 'events/s': perSecond, 'claim ms': await statements.meanMs(this.database.name, pattern) };
  }

  async close() {
    for (const { remote } of this.systems) await remote?.end();
    await this.client.end();
    await this.database.drop();
  }
}
