import { Logger } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Connections } from './connections.js';
import { Queued } from './decorators.js';
import { Message } from './message.js';
import { errorCode } from './postgres-errors.js';

/** Rows of a kind that one run deletes: it must end long before its next one. */
const BATCH = 50_000;

/** Makes room in the log, drops what is too old, and deletes what has served its purpose. */
@Message('messaging.prune')
@Queued<Prune>({ effect: 'outside', every: '1m', timeout: '50s', concurrency: 1 })
export class Prune extends Command<void> {}

/** An outside command, although it works on the database: its steps commit one by one, and each may be given up. */
@CommandHandler(Prune)
export class PruneHandler implements ICommandHandler<Prune> {
  readonly #logger = new Logger('Prune');

  constructor(
    private readonly connections: Connections,
    private readonly schema: string,
    private readonly keepMs: number,
  ) {}

  async execute(): Promise<void> {
    await this.step('make_log_partitions', []);
    await this.step('drop_log_partition', [`${this.keepMs} milliseconds`]);
    await this.step('prune', [BATCH]);
  }

  private async step(name: string, values: unknown[]): Promise<void> {
    const parameters = values.map((_, i) => `$${i + 1}`).join(', ');
    try {
      await this.connections.query({ text: `select ${this.schema}.${name}(${parameters})`, values });
    } catch (error) {
      // 55P03: somebody reads what would be dropped; a minute later it will do.
      if (errorCode(error) !== '55P03') throw error;
      this.#logger.debug(`${name} waits for a lock; next time`);
    }
  }
}
