import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Products } from '../domain/products.js';

export class ChangeBatchEta extends Command<void> {
  constructor(
    readonly ref: string,
    readonly eta: string,
  ) {
    super();
  }
}

@CommandHandler(ChangeBatchEta)
export class ChangeBatchEtaHandler implements ICommandHandler<ChangeBatchEta> {
  constructor(
    private readonly products: Products,
    private readonly clock: Clock,
  ) {}

  async execute({ ref, eta }: ChangeBatchEta): Promise<void> {
    const sku = await this.products.skuOf(ref);
    await this.products.change({ sku, batch: ref }, async (product) => {
      product.changeEta(ref, eta, await this.products.holders(ref), this.clock.now());
    });
  }
}
