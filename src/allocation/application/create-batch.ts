import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { CreateBatch } from '../contract/commands.js';
import { Products } from '../domain/products.js';

@CommandHandler(CreateBatch)
export class CreateBatchHandler implements ICommandHandler<CreateBatch> {
  constructor(
    private readonly products: Products,
    private readonly clock: Clock,
  ) {}

  async execute({ batch }: CreateBatch): Promise<boolean> {
    const { sku, ref } = batch;
    const now = this.clock.now();
    return this.products.change({ sku, batch: ref, orNew: true }, async (product) => {
      const isNew = product.createBatch(batch, now);
      product.serve(await this.products.waiting(sku, product.free), now);
      return isNew;
    });
  }
}
