import type { ICommand } from '@nestjs/cqrs';
import type { MessagingClock } from './clock.js';
import { type Duration, type QueuedOptions, queuedOptions } from './decorators.js';
import { encodeCommand } from './encode.js';
import { MessagingUsageError } from './errors.js';
import { type MessageClass, messageName } from './message.js';
import { currentMessage } from './message-context.js';
import { milliseconds } from './options.js';
import type { UnitOfWork } from './unit-of-work.js';

export interface SendOptions {
  /** Runs it this much later. */
  readonly delay?: Duration;
  readonly at?: Date;
  /** While a command with this key is stored, another one is dropped. */
  readonly dedupeKey?: string;
}

/** Stores commands that a worker runs later: after the commit, and never without it. */
export class QueuedCommands {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: MessagingClock,
  ) {}

  /** Stores a `@Queued` command in the current unit of work, or in one of its own. */
  async send(command: ICommand, options: SendOptions = {}): Promise<void> {
    const queued = queuedOptions(command.constructor);
    if (!queued) throw new MessagingUsageError(`${command.constructor.name} can't be sent: decorate it with @Queued`);
    await this.store(command, queued, options);
  }

  /** A plain saga emits plain commands: they run in a unit of work of their own, where they can be rebuilt. */
  async sendFromSaga(command: ICommand, isSendable: (type: MessageClass) => boolean): Promise<void> {
    const type = command.constructor as MessageClass;
    if (queuedOptions(type)) return this.send(command);
    if (isSendable(type)) return this.store(command, {}, {});
    throw new MessagingUsageError(
      `${type.name} can't be stored: it has no handler, or not a name of its own (@Message)`,
    );
  }

  private async store(
    command: ICommand,
    queued: Pick<QueuedOptions<ICommand>, 'key'>,
    options: SendOptions,
  ): Promise<void> {
    const { stream } = currentMessage() ?? {};
    const ownKey = queued.key?.(command);
    const key = ownKey ?? (stream && `${messageName(command)}:${stream.type}-${stream.id}`);
    const dueAt = options.at ?? new Date(this.clock.now().getTime() + milliseconds(options.delay ?? 0));
    const encoded = encodeCommand(command, { key, stream, dueAt, dedupeKey: options.dedupeKey });
    await this.unitOfWork.run(async () => this.unitOfWork.enqueue(encoded));
  }
}
