import type { ICommand } from '@nestjs/cqrs';
import type { CommandRow, ReadyCommand } from './command-table.js';
import type { QueuedOptions } from './decorators.js';
import { waitAfter } from './hold.js';
import type { MessageContext } from './message-context.js';
import { milliseconds } from './options.js';

/** A type of command that is stored: how it runs, and its handler. */
export interface ServedCommand {
  readonly options: QueuedOptions<ICommand>;
  readonly retry: readonly number[];
  readonly handler: () => Promise<object>;
  readonly handlerName: string;
}

/** What a handler may have besides `execute`: called in the transaction that closes a command which was given up. */
export interface GivesUp {
  onGiveUp?(command: object, error: unknown): Promise<void>;
}

/** A command that can be run next, and after how long. */
export interface NextCommand extends ReadyCommand {
  readonly wait: number;
}

/** Milliseconds until the next attempt after one that failed; undefined where there is none. */
export function nextAttemptIn(row: CommandRow, { retry, options }: ServedCommand, error: unknown): number | undefined {
  // What recurs is never given up: the next time may be better.
  const recurs = options.every === undefined ? undefined : milliseconds(options.every);
  return waitAfter(retry, row.attempts + 1, error) ?? recurs;
}

/** What a handler may know of the command that it handles. */
export function contextOf(row: CommandRow, signal?: AbortSignal): MessageContext {
  const { command_id: messageId, headers, stream_type: type, stream_id: id } = row;
  const stream = type !== null && id !== null ? { type, id } : undefined;
  return { messageId, attempt: row.attempts + 1, headers, stream, signal };
}
