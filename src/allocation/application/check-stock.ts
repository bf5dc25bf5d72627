import { Logger } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Message, Queued } from '../../messaging/index.js';
import { StockCheckQueries } from './stock-check.queries.js';

/** Of all differences the log gets these; the operators' route has the rest. */
const LOGGED = 20;

/** Reports books that don't add up, and repairs nothing: which of the two numbers is wrong only a person can say. */
@Message('allocation.check-stock')
@Queued({ effect: 'database', every: '1h' })
export class CheckStock extends Command<void> {}

@CommandHandler(CheckStock)
export class CheckStockHandler implements ICommandHandler<CheckStock> {
  readonly #logger = new Logger('StockCheck');

  constructor(private readonly stockCheck: StockCheckQueries) {}

  async execute(): Promise<void> {
    const differences = await this.stockCheck.differences();
    if (differences.length === 0) return;
    this.#logger.error({
      msg: `the books of the stock do not add up in ${differences.length} places`,
      differences: differences.slice(0, LOGGED),
    });
  }
}
