import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes the folder of a run, as history.md describes it. */
export class Recorder {
  #faults = [];
  #recoveries = [];

  constructor(folder) {
    this.folder = folder;
    rmSync(folder, { recursive: true, force: true });
    for (const name of ['clients', 'tables', 'logs']) mkdirSync(join(folder, name), { recursive: true });
    for (const name of ['faults', 'recoveries', 'crashes']) writeFileSync(join(folder, `${name}.jsonl`), '');
  }

  get faults() {
    return this.#faults;
  }
  get recoveries() {
    return this.#recoveries;
  }

  /** @param {{ kind: string, target: string, kills?: string }} fault */
  fault(fault) {
    const line = { id: this.#faults.length + 1, at: new Date(), ...fault };
    this.#faults.push(line);
    this.#append('faults.jsonl', line);
    return line;
  }

  recovery(recovery) {
    this.#recoveries.push(recovery);
    this.#append('recoveries.jsonl', recovery);
  }

  /** An instance that ended though nobody had killed it. */
  crash(crash) {
    this.#append('crashes.jsonl', crash);
  }

  json(name, value) {
    writeFileSync(join(this.folder, name), `${JSON.stringify(value, null, 2)}\n`);
  }

  lines(name, values) {
    writeFileSync(join(this.folder, name), values.map((value) => `${JSON.stringify(value)}\n`).join(''));
  }

  /** Adds to a file of lines. */
  more(name, values) {
    appendFileSync(join(this.folder, name), values.map((value) => `${JSON.stringify(value)}\n`).join(''));
  }

  #append(name, value) {
    this.more(name, [value]);
  }
}
