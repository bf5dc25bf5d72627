import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ShipAllocations } from '../contract/commands.js';
import { Products } from '../domain/products.js';

@CommandHandler(ShipAllocations)
export class ShipAllocationsHandler implements ICommandHandler<ShipAllocations> {
  constructor(private readonly products: Products) {}

  async execute({ orderId, lines }: ShipAllocations): Promise<void> {
    // The same order for everyone who locks several products: two shipments can't wait for each other.
    const skus = [...new Set(lines.map((line) => line.sku))].sort();
    for (const sku of skus) {
      const wanted = lines.filter((line) => line.sku === sku).map((line) => ({ ...line, orderId }));
      await this.products.change({ sku, lines: wanted }, (product) => product.ship(wanted));
    }
  }
}
