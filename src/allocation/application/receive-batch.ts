import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Products } from '../domain/products.js';

/** The batch is in the warehouse. */
export class ReceiveBatch extends Command<void> {
  constructor(readonly ref: string) {
    super();
  }
}

@CommandHandler(ReceiveBatch)
export class ReceiveBatchHandler implements ICommandHandler<ReceiveBatch> {
  constructor(
    private readonly products: Products,
    private readonly clock: Clock,
  ) {}

  async execute({ ref }: ReceiveBatch): Promise<void> {
    const sku = await this.products.skuOf(ref);
    await this.products.change({ sku, batch: ref }, async (product) => {
      product.receive(ref, await this.products.holders(ref), this.clock.now());
    });
  }
}
