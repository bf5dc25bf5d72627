import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ProductQueries } from './allocation/application/product.queries.js';
import { CreateBatch, DefineProduct } from './allocation/index.js';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

const PRODUCTS = [
  { sku: 'LAMP', name: 'Desk lamp', unitPrice: eur(49_90), stock: 20 },
  { sku: 'CHAIR', name: 'Oak chair', unitPrice: eur(129_00), stock: 5 },
  { sku: 'POSTER', name: 'Poster of the last exhibition', unitPrice: eur(12_00), stock: 1 },
] as const;

/** Something to order in a shop that has no products yet. */
export async function seed(app: INestApplicationContext): Promise<void> {
  const { data } = await app.get(ProductQueries, { strict: false }).list({ limit: 1 });
  if (data.length > 0) return;
  const commands = app.get(CommandBus, { strict: false });
  for (const { stock, ...product } of PRODUCTS) {
    await commands.execute(new DefineProduct({ ...product, active: true, backorderPolicy: 'deny' }));
    await commands.execute(new CreateBatch({ sku: product.sku, ref: `${product.sku}-1`, quantity: stock, eta: null }));
  }
}
