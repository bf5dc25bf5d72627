import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Message, Queued } from '../../messaging/index.js';
import type { LineKey, Origin } from '../domain/line.js';
import { Products } from '../domain/products.js';

/** Lowers what a line may have to `keep`, and serves waiting lines with what that frees. */
@Message('allocation.deallocate')
@Queued({ effect: 'database' })
export class Deallocate extends Command<void> {
  constructor(
    readonly line: LineKey & { readonly sku: string },
    readonly keep: number,
    readonly by: Origin,
  ) {
    super();
  }
}

@CommandHandler(Deallocate)
export class DeallocateHandler implements ICommandHandler<Deallocate> {
  constructor(
    private readonly products: Products,
    private readonly clock: Clock,
  ) {}

  async execute({ line, keep, by }: Deallocate): Promise<void> {
    const now = this.clock.now();
    await this.products.change({ sku: line.sku, lines: [line] }, async (product) => {
      product.deallocate(line, keep, by, now);
      product.serve(await this.products.waiting(line.sku, product.free), now);
    });
  }
}
