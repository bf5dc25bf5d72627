import { setTimeout as pause } from 'node:timers/promises';
import { Deck } from './deck.mjs';
import { processFaults } from './processes.mjs';
import { surroundingFaults } from './surroundings.mjs';

const FAULTS = { ...processFaults, ...surroundingFaults };
/** Milliseconds between two faults. */
const GAP = [300, 1_900];

/** Breaks one thing after the other, several at a time. Resolves when the last fault is over. @param {import('../world.mjs').World} world */
export async function breakThings(world) {
  const { random, options } = world;
  const deck = new Deck(options.kinds, random);
  const over = Date.now() + options.seconds * 1_000;
  const running = new Set();
  while (Date.now() < over) {
    const kind = deck.next();
    if (kind) {
      const fault = FAULTS[kind](world)
        // What is to be broken may be broken already.
        .catch((error) => process.stderr.write(`${kind}: ${error.message}\n`))
        .finally(() => running.delete(fault));
      running.add(fault);
    }
    await pause(random.between(...GAP));
  }
  await Promise.all(running);
}
