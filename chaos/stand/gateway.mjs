import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { end, listening, startChild } from './children.mjs';

const PRELOAD = resolve(import.meta.dirname, '../preload/ends-with-harness.mjs');

/** The sandbox gateway as a process of its own. */
export class Gateway {
  #child;
  #book;
  isStopped = false;

  static async start({ dist, folder, webhookUrl }) {
    const gateway = new Gateway();
    gateway.#book = join(folder, 'gateway-book.jsonl');
    const program = join(dist, 'src/refund/infrastructure/sandbox-gateway/main.js');
    const args = ['--import', PRELOAD, program, '--port', '0', '--book', gateway.#book, '--webhook-url', webhookUrl];
    gateway.#child = startChild(args, { log: join(folder, 'logs', 'gateway.log') });
    gateway.url = await listening(gateway.#child);
    return gateway;
  }

  /** False where it can't be told, since it is stopped. */
  async script(fault) {
    if (this.isStopped) return false;
    await fetch(`${this.url}/sandbox/faults`, { method: 'POST', body: JSON.stringify(fault) });
    return true;
  }

  async heal() {
    await fetch(`${this.url}/sandbox/faults`, { method: 'DELETE' });
  }

  async stall(ms) {
    this.isStopped = true;
    this.#child.kill('SIGSTOP');
    await pause(ms);
    this.#child.kill('SIGCONT');
    this.isStopped = false;
  }

  /** Webhooks that nobody has taken yet. */
  get undelivered() {
    const deliveries = new Map();
    for (const line of readFileSync(this.#book, 'utf8').split('\n').slice(0, -1)) {
      const [table, id, value] = JSON.parse(line);
      if (table === 'deliveries') deliveries.set(id, value.done);
    }
    return [...deliveries.values()].filter((done) => !done).length;
  }

  async dump(file) {
    const answer = await fetch(`${this.url}/sandbox/book`);
    await writeFile(file, await answer.text());
  }

  async close() {
    this.#child.kill('SIGCONT');
    await end(this.#child, 'SIGTERM');
  }
}
