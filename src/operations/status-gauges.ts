import { Injectable } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { type MessagingSnapshot, MessagingStatus } from '../messaging/index.js';
import { withinLimit } from './within-limit.js';

/** Shorter than a scrape may take (10 s by default), so that the counters come although PostgreSQL does not answer. */
const DATABASE_LIMIT_MS = 2_000;

/** What the tables say of the whole cluster; every instance shows the same. */
@Injectable()
export class StatusGauges {
  readonly #all: Gauge[] = [];
  readonly #database: Gauge;
  readonly #lagEvents: Gauge;
  readonly #lagSeconds: Gauge;
  readonly #held: Gauge;
  readonly #dead: Gauge;
  readonly #queued: Gauge;
  readonly #oldestDue: Gauge;
  readonly #oldestUndelivered: Gauge;
  readonly #logRoom: Gauge;

  constructor(
    registry: Registry,
    private readonly status: MessagingStatus,
  ) {
    const gauge = (name: string, help: string, labelNames: string[] = []) => {
      const made = new Gauge({ name: `aftercommit_${name}`, help, labelNames, registers: [registry] });
      this.#all.push(made);
      return made;
    };
    this.#database = gauge('database_up', 'Whether PostgreSQL told what the metrics below say.');
    this.#lagEvents = gauge('consumer_lag_events', 'Events that a consumer has not come to yet.', ['consumer']);
    this.#lagSeconds = gauge('consumer_lag_seconds', 'The age of the oldest of them.', ['consumer']);
    this.#held = gauge('held_messages', 'Events that wait for another attempt, or behind one that does.', ['consumer']);
    this.#dead = gauge('dead_letters', 'Messages that were given up.', ['kind', 'consumer']);
    this.#queued = gauge('queued_commands', 'Stored commands.', ['command', 'state']);
    this.#oldestDue = gauge('queue_oldest_due_seconds', 'For how long the first one has been due.', ['command']);
    this.#oldestUndelivered = gauge('oldest_undelivered_event_seconds', 'The age of the oldest event on its way.');
    this.#logRoom = gauge('log_room_events', 'Events for which the log has partitions.');
  }

  async refresh(): Promise<void> {
    const snapshot = await withinLimit(DATABASE_LIMIT_MS, this.status.snapshot()).catch(() => undefined);
    for (const gauge of this.#all) {
      gauge.reset();
      // A gauge without labels is reset to 0, which would look like good news when nothing is known.
      gauge.remove({});
    }
    this.#database.set(snapshot ? 1 : 0);
    if (snapshot) this.show(snapshot);
  }

  private show({ consumers, commands, oldestUndeliveredSeconds, logRoom }: MessagingSnapshot): void {
    for (const { name: consumer, lag, lagSeconds, held, dead } of consumers) {
      this.#lagEvents.set({ consumer }, lag);
      this.#lagSeconds.set({ consumer }, lagSeconds);
      this.#held.set({ consumer }, held);
      this.#dead.set({ kind: 'event', consumer }, dead);
    }
    for (const { type: command, due, scheduled, oldestDueSeconds, dead } of commands) {
      this.#queued.set({ command, state: 'due' }, due);
      this.#queued.set({ command, state: 'scheduled' }, scheduled);
      this.#oldestDue.set({ command }, oldestDueSeconds);
      this.#dead.set({ kind: 'command', consumer: command }, dead);
    }
    this.#oldestUndelivered.set(oldestUndeliveredSeconds);
    this.#logRoom.set(logRoom);
  }
}
