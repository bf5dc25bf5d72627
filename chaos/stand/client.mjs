import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { end, hasEnded, startChild, tell } from './children.mjs';

const PROGRAM = resolve(import.meta.dirname, '../load/client.mjs');

/** One load generator, started again whenever it was killed; each life has a name, a file and a seed of its own. */
export class Client {
  #options;
  #child;
  #watched = true;
  #lives = 0;

  /** @param {{ name: string, seed: string, folder: string, instances: string[], gateway: string, keys: object, people: number }} options */
  constructor(options) {
    this.#options = options;
    this.#begin();
  }

  get name() {
    return this.#options.name;
  }
  get isUp() {
    return this.#watched && !hasEnded(this.#child);
  }

  kill() {
    this.#child.kill('SIGKILL');
  }

  /** Lets it finish what it has begun; after the limit it waits for no answer any more, then it is killed. */
  async finish(limitMs) {
    this.#watched = false;
    if (hasEnded(this.#child)) return;
    const ended = once(this.#child, 'exit');
    tell(this.#child, { stop: true });
    const timer = setTimeout(() => tell(this.#child, { hurry: true }), limitMs);
    await Promise.race([ended, pause(2 * limitMs)]);
    clearTimeout(timer);
    await end(this.#child, 'SIGKILL');
  }

  #begin() {
    const { folder, seed, ...rest } = this.#options;
    const name = `${this.name}.${++this.#lives}`;
    const file = join(folder, 'clients', `${name}.jsonl`);
    const settings = { ...rest, name, file, seed: `${seed} ${name}` };
    this.#child = startChild([PROGRAM, JSON.stringify(settings)], { log: join(folder, 'logs', `${this.name}.log`) });
    this.#child.once('exit', () => {
      if (this.#watched) setTimeout(() => this.#watched && this.#begin(), 500);
    });
  }
}
