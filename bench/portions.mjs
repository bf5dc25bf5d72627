/**
 * How many events each system gets in a turn. A slow one is not to take most of the row's time, and the figure of a fast
 * one is not to be noise: its first turn shows how many events take so many seconds.
 */
export class Portions {
  #sizes = new Map();

  /** @param {{ seconds: number, least: number, most: number }} limits `least` is what the first turn has */
  constructor({ seconds, least, most }) {
    this.seconds = seconds;
    this.least = least;
    this.most = most;
  }

  /**
   * @param {string} system
   * @param {(events: number) => Promise<Record<string, number>>} turn resolves to what it measured, "events/s" among it
   */
  async hand(system, turn) {
    const figures = await turn(this.#sizes.get(system) ?? this.least);
    if (!this.#sizes.has(system)) this.#sizes.set(system, this.#size(figures['events/s']));
    return figures;
  }

  #size(perSecond) {
    return Math.max(this.least, Math.min(this.most, Math.round(perSecond * this.seconds)));
  }

  inWords() {
    const [least, most] = [this.least, this.most].map((n) => n.toLocaleString('en'));
    return least === most ? `${most} events` : `As many events as take some ${this.seconds} s, ${least} to ${most},`;
  }
}
