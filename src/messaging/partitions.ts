import { Breaker } from './breaker.js';
import type { Connections } from './connections.js';
import type { Consumer } from './consumer.js';
import { Delivery, type DeliveryServices } from './delivery.js';
import type { EventLog, EventPage, LogPage, StoredEvent } from './event-log.js';
import { Lane } from './lane.js';
import { BUFFER_LIMIT, LogBuffer } from './log-buffer.js';
import { Parking, type ParkingServices } from './parking.js';
import type { LaneKey } from './progress.js';
import { Suspicion, TurnTaking } from './suspicion.js';

/** Passed-over events are stored at most this often; storing each would cost a commit for nothing. */
export const STORE_SKIPPED_EVERY_MS = 5_000;

export type DrivenConsumer = Consumer & { readonly generation: number };

interface Partition {
  readonly buffer: LogBuffer;
  readonly lanes: readonly Lane[];
}

/** The partitions that this instance leases, each with one lane per consumer. */
export class Partitions {
  readonly #turns = new TurnTaking();
  readonly #breakers = new Map<string, Breaker>();
  readonly #partitions = new Map<number, Partition>();
  #skippedStoredAt = 0;
  /** The partitions that the observer knows of. */
  #told: readonly number[] = [];

  constructor(
    private readonly services: DeliveryServices &
      ParkingServices & { readonly connections: Connections; readonly log: EventLog },
    private readonly schema: string,
  ) {}

  /** Called when a lane has done all that was read for it. */
  onDrained: () => unknown = () => undefined;

  get owned(): readonly number[] {
    return [...this.#partitions.keys()];
  }

  get idle(): boolean {
    return this.lanes().every((lane) => lane.idle);
  }

  /** Whether the lanes have taken so much of what was read that reading on pays. */
  get hungry(): boolean {
    return [...this.#partitions.values()].every(({ buffer, lanes }) => {
      const fastest = Math.max(...lanes.map((lane) => lane.position));
      return lanes.length === 0 || buffer.countAfter(fastest) < BUFFER_LIMIT / 4;
    });
  }

  /** Starts the lanes of a partition; its buffer begins at `tail`, where the log has been read up to by then. */
  async open(partition: number, consumers: readonly DrivenConsumer[], tail: () => number): Promise<void> {
    const deliveries = await Promise.all(consumers.map((consumer) => this.delivery(consumer, partition)));
    // Not before: what was read while they loaded was not read of this partition.
    const buffer = new LogBuffer(tail());
    const services = { log: this.services.log, drained: () => void this.onDrained() };
    const lanes = deliveries.map(({ key, delivery }) => new Lane(key, delivery, buffer, services));
    this.#partitions.set(partition, { buffer, lanes });
    for (const lane of lanes) lane.wake();
  }

  /** Finishes what the partition's lanes are at, and stores how far they came. */
  async close(partitions: readonly number[]): Promise<void> {
    const lanes = partitions.flatMap((partition) => this.#partitions.get(partition)?.lanes ?? []);
    await Promise.all(lanes.map((lane) => lane.stop()));
    await this.storeSkipped(lanes);
    for (const partition of partitions) this.#partitions.delete(partition);
  }

  /** Tells what has come and gone since it was told last; one whose lanes were opened anew has not moved. */
  tellOfMoves(): void {
    const { observer } = this.services;
    const { owned } = this;
    const told = this.#told;
    this.#told = owned;
    observer.leasesMoved('taken', owned.filter((partition) => !told.includes(partition)).length);
    observer.leasesMoved('left', told.filter((partition) => !owned.includes(partition)).length);
  }

  /**
   * Hands what was read of `partitions` to their lanes. One that was opened meanwhile was not read: its buffer begins anew
   * behind the page, and its lanes read for themselves what lies before.
   */
  add(partitions: readonly number[], after: number, { events, scannedTo }: LogPage): void {
    const byPartition = split(events, partitions);
    for (const [number, { buffer, lanes }] of this.#partitions) {
      const added = byPartition.get(number);
      const before = buffer.scannedTo;
      buffer.add(added ?? [], added ? after : scannedTo, scannedTo);
      for (const lane of lanes) lane.offer(added ?? [], before);
    }
  }

  /** Lets lanes that have done everything up to `after` begin with what is being numbered behind it. */
  ahead(after: number, { events, numbered }: EventPage): void {
    for (const [number, own] of split(events)) {
      for (const lane of this.#partitions.get(number)?.lanes ?? []) lane.ahead(after, { events: own, numbered });
    }
  }

  wakeHeld(): void {
    for (const lane of this.lanes()) lane.wakeHeld();
  }

  /** Resolves when no lane is at work. */
  async settle(): Promise<void> {
    await Promise.all(this.lanes().map((lane) => lane.settle()));
  }

  async storeSkippedIfDue(): Promise<void> {
    const now = Date.now();
    if (now - this.#skippedStoredAt < STORE_SKIPPED_EVERY_MS) return;
    this.#skippedStoredAt = now;
    await this.storeSkipped(this.lanes());
  }

  private lanes(): Lane[] {
    return [...this.#partitions.values()].flatMap((partition) => partition.lanes);
  }

  private async delivery(consumer: DrivenConsumer, partition: number): Promise<{ key: LaneKey; delivery: Delivery }> {
    const key: LaneKey = { consumer: consumer.name, partition, generation: consumer.generation };
    const parking = new Parking(consumer, partition, this.services);
    const suspicion = new Suspicion(
      this.services.connections,
      this.schema,
      { ...key, batch: consumer.batch },
      this.#turns,
    );
    const delivery = new Delivery(
      consumer,
      key,
      { parking, suspicion, breaker: this.breakerOf(consumer.name) },
      this.services,
    );
    await delivery.load();
    return { key, delivery };
  }

  private breakerOf(consumer: string): Breaker {
    const breaker = this.#breakers.get(consumer) ?? new Breaker(consumer, this.services.clock);
    this.#breakers.set(consumer, breaker);
    return breaker;
  }

  /** One statement for all lanes; a step that is taken already is left out, and its lane reads anew where it stands. */
  private async storeSkipped(lanes: readonly Lane[]): Promise<void> {
    const pending = lanes.flatMap((lane) => (lane.unstored ? [{ lane, ...lane.unstored }] : []));
    if (pending.length === 0) return;
    const stored = await this.services.connections.query<{ consumer: string; partition: number }>({
      text: `insert into ${this.schema}.consumer_progress (consumer, partition, generation, from_position, to_position)
             select * from unnest($1::text[], $2::smallint[], $3::int[], $4::bigint[], $5::bigint[])
                 as step (consumer, partition, generation, from_position, to_position)
              where not exists (select 1 from ${this.schema}.consumer_progress later
                where later.consumer = step.consumer and later.partition = step.partition
                  and later.generation = step.generation and later.from_position > step.from_position)
             on conflict do nothing returning consumer, partition`,
      values: [
        pending.map(({ lane }) => lane.key.consumer),
        pending.map(({ lane }) => lane.key.partition),
        pending.map(({ lane }) => lane.key.generation),
        pending.map(({ from }) => from),
        pending.map(({ to }) => to),
      ],
    });
    const done = new Set(stored.map(({ consumer, partition }) => `${partition} ${consumer}`));
    for (const { lane, to } of pending) {
      if (done.has(`${lane.key.partition} ${lane.key.consumer}`)) lane.storedUpTo(to);
      else lane.overtaken();
    }
  }
}

function split(events: readonly StoredEvent[], partitions: readonly number[] = []): Map<number, StoredEvent[]> {
  const byPartition = new Map<number, StoredEvent[]>(partitions.map((partition) => [partition, []]));
  for (const event of events) {
    const own = byPartition.get(event.partition);
    if (own) own.push(event);
    else byPartition.set(event.partition, [event]);
  }
  return byPartition;
}
