import { Logger } from '@nestjs/common';
import { CommandRunner, type RunnerServices } from './command-runner.js';
import { type ReadyCommand, SCAN_LIMIT } from './command-table.js';
import type { EncodedCommand } from './encode.js';
import type { NextCommand, ServedCommand } from './served-command.js';

const DEFAULT_CONCURRENCY = 4;
const PAUSE_AFTER_OUTAGE_MS = 500;
/** The scheduled scan finds what is due later. */
const LONGEST_TIMER_MS = 60_000;

/** Decides which stored commands run when: those of this process right after their commit, and what a scan finds due. */
export class QueueWorker {
  readonly #logger = new Logger('QueueWorker');
  readonly #served = new Map<string, ServedCommand>();
  readonly #ready = new Map<string, ReadyCommand[]>();
  readonly #known = new Set<string>();
  readonly #running = new Map<string, number>();
  readonly #work = new Set<Promise<void>>();
  readonly #shutdown = new AbortController();
  readonly #runner: CommandRunner;
  #scanning?: Promise<void>;
  /** The last scan found as many as it may, so there may be more. */
  #moreDue = false;
  #stopping = false;

  constructor(private readonly services: RunnerServices) {
    this.#runner = new CommandRunner(services, this.#shutdown.signal);
  }

  get types(): readonly string[] {
    return [...this.#served.keys()];
  }

  /** An instance died a short while ago, perhaps of a command. */
  set careful(careful: boolean) {
    this.#runner.careful = careful;
  }

  serve(type: string, served: ServedCommand): void {
    this.#served.set(type, served);
  }

  /** Enters the commands that recur; once in the cluster, whoever comes first. */
  async registerRecurring(): Promise<void> {
    for (const [type, { options }] of this.#served)
      if (options.every) await this.services.commands.enterRecurring(type);
  }

  /** Takes up commands that this process has just committed; a predecessor of their key may make them wait. */
  handOff(commands: readonly EncodedCommand[]): void {
    const now = this.services.clock.now().getTime();
    for (const { id, type, dueAt } of commands) this.enqueueIn({ id, type, wait: dueAt.getTime() - now });
  }

  /** Looks for due commands of others: of another instance, of one that died, or delayed ones. */
  scan(): void {
    this.#scanning ??= this.scanOnce()
      .catch((error: unknown) => this.#logger.debug(`the scan for due commands failed: ${String(error)}`))
      .finally(() => (this.#scanning = undefined));
  }

  /** Resolves when nothing is due and nothing runs. */
  async settle(): Promise<void> {
    this.scan();
    while (this.#scanning || this.#work.size > 0) await Promise.all([this.#scanning, ...this.#work]);
  }

  async isSettled(): Promise<boolean> {
    return this.#work.size === 0 && (await this.services.commands.due(this.types)).length === 0;
  }

  /** Takes nothing more up and resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([this.#scanning, ...this.#work]);
  }

  /** Aborts what still runs; it is given back without having lost an attempt. */
  abort(): void {
    this.#shutdown.abort(new Error('the service is shutting down'));
  }

  private async scanOnce(): Promise<void> {
    const due = await this.services.commands.due(this.types);
    this.#moreDue = due.length === SCAN_LIMIT;
    for (const ready of due) this.enqueue(ready);
  }

  private enqueue(ready: ReadyCommand): void {
    const { id, type } = ready;
    if (this.#known.has(id) || !this.#served.has(type) || this.#stopping) return;
    this.#known.add(id);
    const waiting = this.#ready.get(type);
    if (waiting) waiting.push(ready);
    else this.#ready.set(type, [ready]);
    this.startNext(type);
  }

  private enqueueIn({ wait, ...ready }: NextCommand): void {
    if (wait <= 0) this.enqueue(ready);
    else if (wait < LONGEST_TIMER_MS) setTimeout(() => this.enqueue(ready), wait).unref();
  }

  private startNext(type: string): void {
    const served = this.#served.get(type)!;
    const running = this.#running.get(type) ?? 0;
    const waiting = this.#ready.get(type);
    if (!waiting?.length || this.#stopping || running >= (served.options.concurrency ?? DEFAULT_CONCURRENCY)) return;
    const ready = waiting.shift()!;
    this.#running.set(type, running + 1);
    const work = this.run(ready, served).finally(() => {
      this.#work.delete(work);
      this.#running.set(type, this.#running.get(type)! - 1);
      this.startNext(type);
      if (this.#moreDue && this.#known.size === 0) this.scan();
    });
    this.#work.add(work);
  }

  private async run(ready: ReadyCommand, served: ServedCommand): Promise<void> {
    let next: NextCommand | undefined;
    try {
      next = await this.#runner.run(ready, served);
    } catch (error) {
      if (!this.#stopping) this.#logger.warn(`command ${ready.type} (${ready.id}) pauses: ${String(error)}`);
      next = { ...ready, wait: PAUSE_AFTER_OUTAGE_MS };
    }
    this.#known.delete(ready.id);
    if (next) this.enqueueIn(next);
  }
}
