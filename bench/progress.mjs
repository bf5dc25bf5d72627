/** Says on which row the run is, how long it has been at it, and how long it still expects to be. */
export class Progress {
  #begun = performance.now();
  #rows;
  #at = 0;

  /**
   * @param {{ name: string, seconds: number }[]} rows with what each usually takes
   * @param {(text: string) => void} write
   */
  constructor(rows, write, now = () => performance.now()) {
    this.#rows = rows;
    this.write = write;
    this.now = now;
    this.#begun = now();
  }

  /** The next row has begun. */
  next() {
    this.#at++;
    this.write(`— row ${this.#at} of ${this.#rows.length}: ${this.#name}; ${this.#times()}`);
  }

  say(text) {
    this.write(`${this.#name}: ${text}`);
  }

  get #name() {
    return this.#rows[this.#at - 1].name;
  }

  /** What is left takes longer or less long in the proportion in which what is done did. */
  #times() {
    const elapsed = (this.now() - this.#begun) / 1_000;
    const usual = (rows) => rows.reduce((sum, { seconds }) => sum + seconds, 0);
    const done = usual(this.#rows.slice(0, this.#at - 1));
    const pace = done > 0 ? elapsed / done : 1;
    return `${duration(elapsed)} elapsed, about ${duration(usual(this.#rows.slice(this.#at - 1)) * pace)} to go`;
  }
}

function duration(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
