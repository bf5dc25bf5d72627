import { Logger } from '@nestjs/common';
import type { CommandBus, ICommand } from '@nestjs/cqrs';
import type { EntityManager } from 'typeorm';
import { Attempt } from './attempt.js';
import type { MessageCatalog } from './catalog.js';
import type { MessagingClock } from './clock.js';
import type { CommandRow, CommandTable, ReadyCommand } from './command-table.js';
import { Unrecoverable } from './errors.js';
import { withMessage } from './message-context.js';
import type { MessagingObserver } from './observer.js';
import { milliseconds } from './options.js';
import { errorCode, isInfrastructureFailure } from './postgres-errors.js';
import type { QueuedCommands } from './queued-commands.js';
import { contextOf, type GivesUp, type NextCommand, nextAttemptIn, type ServedCommand } from './served-command.js';
import { TurnTaking } from './suspicion.js';
import { withTimeout } from './timeout.js';
import type { UnitOfWork } from './unit-of-work.js';

const DEFAULT_TIMEOUT_MS = 15_000;
/** A lease outlives the handler's timeout by this much, so that an aborted handler can still record what it knows. */
const LEASE_GRACE_MS = 5_000;
/** A command whose lease ran out this often without an outcome takes the process down with it. */
const MAX_LOST = 3;
/** Of a database command, after a crash: longer than an idle transaction lives, so that the row's lock ends first. */
const DATABASE_LEASE_MS = 20_000;

export interface RunnerServices {
  readonly unitOfWork: UnitOfWork;
  readonly catalog: MessageCatalog;
  readonly clock: MessagingClock;
  readonly queue: QueuedCommands;
  readonly commands: CommandTable;
  readonly bus: () => CommandBus;
  readonly observer: MessagingObserver;
}

interface Claimed {
  readonly row: CommandRow;
  readonly served: ServedCommand;
  readonly attempt?: Attempt;
}

type Running = Required<Claimed>;

/**
 * Runs one stored command, and records what came of it.
 *
 * After a crash, which a command may have caused, database commands are leased before they run, as outside ones always
 * are: a lease that runs out tells who was running. Those that were run alone from then on, so that a further crash
 * counts against one of them only.
 */
export class CommandRunner {
  readonly #logger = new Logger('CommandRunner');
  readonly #turns = new TurnTaking();
  /** An instance died a short while ago. */
  careful = false;

  constructor(
    private readonly services: RunnerServices,
    private readonly shutdown: AbortSignal,
  ) {}

  /**
   * Runs a command unless somebody else has it. Resolves to what can be run next because of it: the following command
   * of its key, or itself once more. Rejects where the database failed; then nothing was recorded.
   */
  async run(ready: ReadyCommand, served: ServedCommand): Promise<NextCommand | undefined> {
    const run = () =>
      served.options.effect === 'outside' ? this.runOutside(ready, served) : this.runInside(ready, served);
    return ready.suspect ? this.#turns.take(run) : run();
  }

  private async runInside(ready: ReadyCommand, served: ServedCommand): Promise<NextCommand | undefined> {
    if (!this.careful && !ready.suspect) return this.runInUnit(ready, served);
    const leased = await this.services.commands.lease(ready.id, DATABASE_LEASE_MS);
    if (!leased) return undefined;
    if (leased.lost >= MAX_LOST)
      return this.failed({ row: leased, served, attempt: this.attemptAt(leased, served) }, deadly(leased));
    try {
      return await this.runInUnit(ready, served, leased.fence);
    } catch (error) {
      // It will run again soon, and what failed is the database.
      await this.services.commands.giveBack(leased).catch(() => undefined);
      throw error;
    }
  }

  /** Claim, effects and completion are one transaction: exactly once. */
  private async runInUnit(
    ready: ReadyCommand,
    served: ServedCommand,
    fence: number | null = null,
  ): Promise<NextCommand | undefined> {
    let claimed: Running | undefined;
    const work = async (manager: EntityManager) => {
      const row = await this.services.commands.lock(manager, ready.id, fence);
      // After a conflict it is run again, which is the same attempt.
      claimed = row && { row, served, attempt: claimed?.attempt ?? this.attemptAt(row, served) };
      if (claimed) await this.execute(claimed);
    };
    try {
      return await this.completing(() => claimed, work);
    } catch (error) {
      if (!claimed || isInfrastructureFailure(error)) throw error;
      return this.failed(claimed, error);
    }
  }

  /** Claimed by a lease and run outside any transaction: at least once, with the command's id as the key. */
  private async runOutside(ready: ReadyCommand, served: ServedCommand): Promise<NextCommand | undefined> {
    const timeout = milliseconds(served.options.timeout ?? DEFAULT_TIMEOUT_MS);
    const row = await this.services.commands.lease(ready.id, timeout + LEASE_GRACE_MS);
    if (!row) return undefined;
    const claimed = { row, served, attempt: this.attemptAt(row, served) };
    let followUps: unknown;
    try {
      if (row.lost >= MAX_LOST) throw deadly(row);
      followUps = await withTimeout(timeout, this.shutdown, (signal) => this.execute(claimed, signal));
    } catch (error) {
      claimed.attempt.failed(error);
      if (this.shutdown.aborted) return this.services.commands.giveBack(row);
      return this.failed(claimed, error);
    }
    const store = () => claimed.attempt.run(() => withMessage(contextOf(row), () => this.store(followUps)));
    return this.completing(() => claimed, store);
  }

  private async completing(
    claimed: () => Claimed | undefined,
    work: (manager: EntityManager) => Promise<void>,
  ): Promise<NextCommand | undefined> {
    let next: NextCommand | undefined;
    const { commands, unitOfWork } = this.services;
    const complete = ({ row, served }: Claimed) =>
      commands.complete(row, served.options.every, (found) => (next = found && { ...found, wait: 0 }));
    try {
      await unitOfWork.runAsWorker(async (manager) => {
        await work(manager);
        if (claimed()) unitOfWork.closeWith(complete(claimed()!));
      });
      claimed()?.attempt?.handled();
    } catch (error) {
      claimed()?.attempt?.failed(error);
      // AC001: its lease ran out and somebody else has taken it over.
      if (errorCode(error) !== 'AC001') throw error;
    }
    return next;
  }

  private async execute({ row, attempt }: Running, signal?: AbortSignal): Promise<unknown> {
    return attempt.run(() => {
      const command = this.services.catalog.decode(row);
      return withMessage(contextOf(row, signal), () => this.services.bus().execute(command));
    });
  }

  /** What an outside handler returns are the commands that record what came of it. */
  private async store(followUps: unknown): Promise<void> {
    for (const command of [followUps].flat()) if (command) await this.services.queue.send(command as ICommand);
  }

  private async failed(claimed: Running, error: unknown): Promise<NextCommand | undefined> {
    const { row, served, attempt } = claimed;
    const wait = nextAttemptIn(row, served, error);
    const next = wait === undefined ? undefined : new Date(this.services.clock.now().getTime() + wait);
    attempt.report(error, next);
    if (wait === undefined && (await this.givenUp(claimed, error))) return undefined;
    await this.services.commands.failed(row, wait, error);
    return wait === undefined ? undefined : { id: row.command_id, type: row.type, wait };
  }

  /** Lets the handler record the failure in its own terms: one failure, one work list. False where it can't. */
  private async givenUp({ row, served, attempt }: Running, error: unknown): Promise<boolean> {
    const handler = (await served.handler()) as GivesUp;
    if (!handler.onGiveUp) return false;
    try {
      const command = this.services.catalog.decode(row);
      const giveUp = () => withMessage(contextOf(row), () => handler.onGiveUp!(command, error));
      await this.completing(
        () => ({ row, served }),
        () => attempt.within(giveUp),
      );
      return true;
    } catch (second) {
      this.#logger.error(`onGiveUp failed for ${attempt.described}: ${String(second)}`);
      return false;
    }
  }

  private attemptAt(row: CommandRow, served: ServedCommand): Attempt {
    const { messageId: id, attempt, headers, stream } = contextOf(row);
    const describe = () => `${this.services.catalog.describe(row)} with handler ${served.handlerName}`;
    const cause = () => this.services.catalog.rebuild(row);
    const message = { kind: 'command', id, type: row.type, attempt, headers, stream, describe, cause } as const;
    return new Attempt(message, this.services.observer, this.#logger);
  }
}

const deadly = ({ lost }: CommandRow) => new Unrecoverable(`the process ended ${lost} times while it ran`);
