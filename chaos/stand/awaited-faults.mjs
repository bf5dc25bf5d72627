/** Faults that wait for what they are to happen to: the next of its kind meets the first of them. @template F */
export class AwaitedFaults {
  /** @type {(F & { done: () => void })[]} */
  #waiting = [];

  /** Resolves to whether it was met, and done, before the limit. @param {F} fault @param {number} limitMs */
  add(fault, limitMs) {
    return new Promise((resolve) => {
      const awaited = { ...fault, done: () => settle(true) };
      const settle = (met) => {
        clearTimeout(timer);
        this.#waiting = this.#waiting.filter((other) => other !== awaited);
        resolve(met);
      };
      const timer = setTimeout(() => settle(false), limitMs);
      this.#waiting.push(awaited);
    });
  }

  get areNone() {
    return this.#waiting.length === 0;
  }

  /** The first, which waits no longer; to be told when it is done. */
  take() {
    return this.#waiting.shift();
  }

  clear() {
    this.#waiting = [];
  }
}
