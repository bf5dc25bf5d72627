import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../random.mjs';
import { Api } from './api.mjs';
import { JOURNEYS } from './journeys.mjs';
import { Shop } from './shop.mjs';

/** A load generator as a process of its own: several people at once, until it is told to stop, or is killed. */
const { name, seed, file, instances, gateway, keys, people } = JSON.parse(process.argv[2]);
const random = new Random(seed);
const api = new Api({ name, file, instances, gateway, keys, random });
const shop = new Shop(api, gateway);
const customers = [];
let names = 0;
let stopping = false;

const scene = {
  shop,
  random,
  name: (what) => `${what}-${name}-${++names}`,
  customer: async () => {
    if (customers.length > 3 && random.chance(0.7)) return random.pick(customers);
    const customer = scene.name('customer');
    if (random.chance(0.8)) await shop.register(customer);
    customers.push(customer);
    return customer;
  },
};
const deck = JOURNEYS.flatMap(({ weight, play }) => Array.from({ length: weight }, () => play));

async function person() {
  while (!stopping) {
    await random.pick(deck)(scene);
    await pause(random.between(50, 700));
  }
}

process.on('message', ({ stop, hurry }) => {
  stopping ||= stop;
  if (hurry) api.patient = false;
});
process.on('disconnect', () => process.exit());
await Promise.all(Array.from({ length: people }, person));
process.exit();
