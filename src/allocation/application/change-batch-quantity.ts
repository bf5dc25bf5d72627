import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import type { QuantityChange } from '../domain/product.js';
import { Products } from '../domain/products.js';

export class ChangeBatchQuantity extends Command<void> {
  constructor(
    readonly ref: string,
    readonly change: QuantityChange,
  ) {
    super();
  }
}

/** In one unit of work: lines that lose their place in a smaller batch have another one, or wait, once it is committed. */
@CommandHandler(ChangeBatchQuantity)
export class ChangeBatchQuantityHandler implements ICommandHandler<ChangeBatchQuantity> {
  constructor(
    private readonly products: Products,
    private readonly clock: Clock,
  ) {}

  async execute({ ref, change }: ChangeBatchQuantity): Promise<void> {
    const sku = await this.products.skuOf(ref);
    const now = this.clock.now();
    await this.products.change({ sku, batch: ref }, async (product) => {
      const holders = await this.products.holders(ref, product.excessOf(ref, change.quantity));
      product.changeQuantity(ref, change, holders, now);
      product.serve(await this.products.waiting(sku, product.free), now);
    });
  }
}
