const SAY_EVERY_MS = 5_000;

const FIGURES = `
  select (select count(*) from orders.orders)::int as orders,
         (select coalesce(max(position), 0) from messaging.event_log)::int as events,
         (select count(*) from messaging.outbox)::int + (select coalesce(sum(lag), 0)::int from messaging.consumer_status)
           as backlog`;

/** Says every few seconds how far a run has come. */
export class Progress {
  #world;
  #timer;
  #startedAt = performance.now();

  /** @param {import('./world.mjs').World} world */
  constructor(world) {
    this.#world = world;
    this.#timer = setInterval(() => void this.#sayFigures(), SAY_EVERY_MS);
  }

  say(text) {
    const seconds = String(Math.round((performance.now() - this.#startedAt) / 1_000)).padStart(4);
    process.stderr.write(`${seconds} s  ${text}\n`);
  }

  stop() {
    clearInterval(this.#timer);
  }

  async #sayFigures() {
    const { observer, recorder, instances } = this.#world;
    const up = instances.filter(({ isUp }) => isUp).length;
    const state = `${recorder.faults.length} faults, ${up} of ${instances.length} instances up`;
    const [figures] = await observer.query(FIGURES).catch(() => []);
    const { orders, events, backlog } = figures ?? {};
    this.say(
      figures ? `${state}, ${orders} orders, ${events} events, ${backlog} to do` : `${state}, PostgreSQL is down`,
    );
  }
}
