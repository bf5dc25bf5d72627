import { join } from 'node:path';
import { Random } from '../random.mjs';
import { Api } from './api.mjs';
import { PLENTIFUL, SCARCE, Shop } from './shop.mjs';

const EVERYTHING = 500_000;

/** Defines the products, and fills the shelves of those that never run out. @param {import('../world.mjs').World} world */
export async function openShop({ addresses, options: { folder, seed } }) {
  const file = join(folder, 'clients', 'opening.jsonl');
  const api = new Api({ name: 'opening', file, random: new Random(`opening ${seed}`), ...addresses });
  const shop = new Shop(api, addresses.gateway);
  for (const [index, sku] of [...PLENTIFUL, ...SCARCE].entries()) {
    const isPlentiful = PLENTIFUL.includes(sku);
    const price = 1_000 + 250 * index;
    await shop.define(sku, price, sku === SCARCE[0] ? 'deny' : 'allow');
    await shop.deliverBatch(`opening-${sku}`, sku, { quantity: isPlentiful ? EVERYTHING : 10 });
  }
}
