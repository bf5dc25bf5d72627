import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const WORKER = fileURLToPath(new URL('../worker.mjs', import.meta.url));

/**
 * A system in a process of its own: what one leaves on the heap or in the event loop touches no other, and all of them run
 * on the same Node, whichever the benchmark was started with.
 */
export class Remote {
  #calls = new Map();
  #next = 0;

  /**
   * @param {string} name of an adapter
   * @param {{ databaseUrl: string, use: string, node: string }} options
   */
  constructor(name, { databaseUrl, use, node }) {
    this.child = fork(WORKER, [name, databaseUrl, use], { execPath: node, execArgv: [] });
    this.kill = () => this.child.kill('SIGKILL');
    process.once('exit', this.kill);
    this.child.on('message', ({ id, result, error }) => this.#settle(id, result, error));
    this.child.once('exit', () => this.#failAll(new Error(`the process of ${name} has ended`)));
  }

  /** A task of the worker, or a method of the system. */
  call(task, ...args) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.child.send({ id, task, args }, (error) => error && this.#settle(id, undefined, error));
    });
  }

  #settle(id, result, error) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error) call?.reject(Object.assign(new Error(error.message), { stack: error.stack }));
    else call?.resolve(result);
  }

  #failAll(error) {
    process.removeListener('exit', this.kill);
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }

  async end() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.disconnect();
    await ended;
  }
}
