import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Message, Queued } from '../../messaging/index.js';
import type { Origin, WantedLine } from '../domain/line.js';
import { Products } from '../domain/products.js';

/** Claims stock for a line, once. Too little stock is no error: an event says what became of the line. */
@Message('allocation.allocate')
@Queued({ effect: 'database' })
export class Allocate extends Command<void> {
  constructor(
    readonly line: WantedLine,
    readonly origin: Origin,
  ) {
    super();
  }
}

@CommandHandler(Allocate)
export class AllocateHandler implements ICommandHandler<Allocate> {
  constructor(
    private readonly products: Products,
    private readonly clock: Clock,
  ) {}

  async execute({ line, origin }: Allocate): Promise<void> {
    const now = this.clock.now();
    await this.products.change({ sku: line.sku, lines: [line] }, (product) => product.allocate(line, origin, now));
  }
}
