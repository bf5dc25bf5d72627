import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Recoveries } from './recoveries.mjs';
import { Client } from './stand/client.mjs';
import { Gateway } from './stand/gateway.mjs';
import { Instance, KEYS } from './stand/instance.mjs';
import { Mail } from './stand/mail.mjs';
import { Observer } from './stand/observer.mjs';
import { Postgres } from './stand/postgres.mjs';
import { WebhookFront } from './stand/webhook-front.mjs';

const PEOPLE = 5;
const FINISH_MS = 20_000;
const EFFECTS = `
  create schema chaos;
  create table chaos.effect (
    seq bigint generated always as identity,
    consumer text not null,
    event_id uuid not null,
    position bigint not null,
    instance text not null,
    at timestamptz not null default clock_timestamp()
  )`;

/** Everything that runs: PostgreSQL, gateway, mail server, instances and load generators, each as a process. */
export class World {
  /** @type {Instance[]} */
  instances = [];
  /** @type {Client[]} */
  clients = [];
  /** Whether PostgreSQL is down on purpose. */
  crashing = false;
  /** Starts that failed, mostly because PostgreSQL was not there. */
  failedStarts = 0;
  /** Instances that ended although nobody had killed them. */
  crashes = 0;

  /** @param {import('./options.mjs').Options} options @param {import('./random.mjs').Random} random @param {import('./recorder.mjs').Recorder} recorder */
  constructor(options, random, recorder) {
    this.options = options;
    this.random = random;
    this.recorder = recorder;
    this.record = (fault) => recorder.fault(fault);
  }

  async open() {
    const { dist, folder, stand } = this.options;
    this.postgres = await Postgres.open(stand);
    migrate(dist, this.postgres.url(), folder);
    this.observer = new Observer(this.postgres);
    await this.observer.query(EFFECTS);
    this.recoveries = new Recoveries(this.observer, this.recorder);
    this.front = await WebhookFront.open(() => this.instances.filter(({ isUp }) => isUp).map(({ url }) => url));
    this.gateway = await Gateway.start({ dist, folder, webhookUrl: this.front.url });
    this.mail = await Mail.start({ folder });
    await this.#startInstances();
  }

  startClients() {
    const { clients, folder, seed } = this.options;
    for (let number = 1; number <= clients; number++) {
      const settings = { name: `client-${number}`, seed: `${seed}`, folder, people: PEOPLE, ...this.addresses };
      this.clients.push(new Client(settings));
    }
  }

  get addresses() {
    return { instances: this.instances.map(({ url }) => url), gateway: this.gateway.url, keys: KEYS };
  }

  /** Nothing is broken any more; what was kept back comes. */
  async heal() {
    await this.postgres.start();
    await this.gateway.heal();
    this.mail.heal();
    await this.front.deliverAll();
    await Promise.all(this.clients.map((client) => client.finish(FINISH_MS)));
    await this.front.deliverAll();
  }

  /** Ends whatever has been started, in the order of who needs whom. */
  async close() {
    await Promise.all(this.clients.map((client) => client.finish(0)));
    await Promise.all(this.instances.map((instance) => instance.close()));
    await this.mail?.close();
    await this.gateway?.close();
    await this.front?.close();
    await this.observer?.close();
    await this.postgres?.close();
  }

  async #startInstances() {
    const { instances, dist, folder } = this.options;
    const env = { SANDBOX_GATEWAY_URL: this.gateway.url, SMTP_URL: this.mail.url };
    for (let number = 1; number <= instances; number++) {
      const { postgres } = this;
      const instance = await Instance.create({ name: `instance-${number}`, postgres, dist, folder, env });
      instance.on('died', (death) => this.#onDeath(instance, death));
      this.instances.push(instance);
    }
    await Promise.all(this.instances.map((instance) => instance.start()));
  }

  #onDeath({ name }, { doom, uuid, how, state }) {
    if (how === 'SIGKILL' && state !== 'starting') {
      const { kind, target } = doom ?? { kind: 'shutdown-limit', target: name };
      const fault = this.record({ kind, target, kills: name });
      void this.recoveries.after(fault, name, uuid);
    } else if (state === 'starting') {
      this.failedStarts++;
    } else if (state !== 'leaving') {
      this.crashes++;
      this.recorder.crash({ at: new Date(), instance: name, how });
    }
  }
}

/** By the build that is tried: what it breaks may be in its tables. */
function migrate(dist, databaseUrl, folder) {
  const env = { ...process.env, DATABASE_URL: databaseUrl, DATA_DIR: folder };
  const { status, stderr } = spawnSync(process.execPath, [join(dist, 'src/migrate.js')], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`The migrations fail: ${stderr}`);
}
