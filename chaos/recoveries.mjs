import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 250;
const WITNESS = 'chaos.witness';

/** What each partition has come to: who leases it, how far it reaches, and how far its witness has come. */
const LANES = `
  select l.partition, l.owner,
         coalesce((select max(position) from messaging.event_log e where e.partition = l.partition), 0)::float8 as head,
         coalesce((select max(to_position) from messaging.consumer_progress p
                    where p.partition = l.partition and p.consumer = $1), 0)::float8 as done
    from messaging.lease l`;

/** Measures for each killed instance how long it takes until others, or its next life, run all of its lanes. */
export class Recoveries {
  #observer;
  #recorder;
  #open = [];
  #dead = new Set();
  #isLooking = false;

  /** @param {import('./stand/observer.mjs').Observer} observer @param {import('./recorder.mjs').Recorder} recorder */
  constructor(observer, recorder) {
    this.#observer = observer;
    this.#recorder = recorder;
  }

  get open() {
    return this.#open.length;
  }

  /** @param {{ id: number, at: Date }} fault @param {string | undefined} uuid of the dead instance */
  async after({ id, at }, instance, uuid) {
    if (uuid === undefined)
      return this.#recorder.recovery({ fault: id, at, instance, partitions: [], recoveredAt: at });
    this.#dead.add(uuid);
    const recovery = { fault: id, at, instance };
    this.#open.push(recovery);
    const { rows, cameBack } = await this.#observer.insist(LANES, [WITNESS]);
    // Down when it happened: nobody could have taken over anything before.
    if (cameBack) recovery.at = cameBack;
    recovery.lanes = rows.filter(({ owner }) => owner === uuid);
    recovery.waiting = recovery.lanes;
    this.#handOn(recovery);
    if (!this.#isLooking) await this.#look();
  }

  /** Whoever had taken a lane over was killed in turn, before it went on: from then on that kill is measured. */
  #handOn({ lanes, fault }) {
    const taken = new Set(lanes.map(({ partition }) => partition));
    const earlier = this.#open.filter((other) => other.waiting && other.fault !== fault);
    for (const other of earlier) this.#waitFor(other, ({ partition }) => !taken.has(partition));
  }

  /** Those that nobody has seen end. */
  giveUp() {
    for (const recovery of this.#open.splice(0)) this.#record(recovery, null);
  }

  async #look() {
    this.#isLooking = true;
    while (this.#open.length > 0) {
      await pause(LOOK_EVERY_MS);
      const { rows } = await this.#observer.insist(LANES, [WITNESS]);
      this.#compare(new Map(rows.map((row) => [row.partition, row])));
    }
    this.#isLooking = false;
  }

  #compare(now) {
    const known = this.#open.filter(({ waiting }) => waiting);
    for (const each of known) this.#waitFor(each, (lane) => !this.#runsAgain(now.get(lane.partition), lane));
  }

  #waitFor(recovery, stillStands) {
    recovery.waiting = recovery.waiting.filter(stillStands);
    if (recovery.waiting.length === 0) this.#close(recovery);
  }

  /** Somebody alive has it, and has gone on where there was something to do. */
  #runsAgain({ owner, done, head }, before) {
    return owner !== null && !this.#dead.has(owner) && (done > before.done || done >= head);
  }

  #close(recovery) {
    this.#open = this.#open.filter((other) => other !== recovery);
    this.#record(recovery, new Date());
  }

  #record({ fault, at, instance, lanes }, recoveredAt) {
    const partitions = lanes?.map(({ partition }) => partition) ?? [];
    this.#recorder.recovery({ fault, at, instance, partitions, recoveredAt });
  }
}
