import { KINDS } from './kinds.mjs';

/** Deals kinds of faults: in a shuffled order in which each of them comes soon, and as often as it weighs. */
export class Deck {
  #cards;
  #random;
  #left = [];

  /** @param {readonly string[]} kinds @param {import('../random.mjs').Random} random */
  constructor(kinds, random) {
    const chosen = KINDS.filter(({ name }) => kinds.includes(name));
    this.#cards = chosen.flatMap(({ name, weight }) => Array.from({ length: weight }, () => name));
    this.#random = random;
  }

  /** @returns {string | undefined} */
  next() {
    if (this.#left.length === 0) this.#left = this.#random.shuffled(this.#cards);
    return this.#left.pop();
  }
}
