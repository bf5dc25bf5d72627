import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { DefineProduct } from '../contract/commands.js';
import { Products } from '../domain/products.js';

@CommandHandler(DefineProduct)
export class DefineProductHandler implements ICommandHandler<DefineProduct> {
  constructor(
    private readonly products: Products,
    private readonly clock: Clock,
  ) {}

  async execute({ definition }: DefineProduct): Promise<boolean> {
    return this.products.change({ sku: definition.sku, orNew: true }, (product) => {
      product.define(definition, this.clock.now());
      return product.isNew;
    });
  }
}
