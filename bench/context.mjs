const ROUNDS = { full: 5, quick: 3, smoke: 1 };

/** What a row gets to know: where it runs, how long it may take, whom it tells. */
export class Context {
  /**
   * @param {{ server: import('./server.mjs').Server, peers: import('./peers.mjs').Peers,
   *   mode: import('./options.mjs').Mode, say: (text: string) => void }} given
   */
  constructor({ server, peers, mode, say }) {
    this.server = server;
    this.peers = peers;
    this.mode = mode;
    this.say = say;
    this.rounds = ROUNDS[mode];
    // Of three rounds the first, cold one is hardly ever the median.
    this.warmUps = mode === 'full' ? 1 : 0;
  }

  /** @template T @param {Record<import('./options.mjs').Mode, T>} byMode @returns {T} */
  pick(byMode) {
    return byMode[this.mode];
  }
}
