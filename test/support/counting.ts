import { Injectable } from '@nestjs/common';
import { EventsHandler } from '@nestjs/cqrs';
import { DataSource } from 'typeorm';
import { Consumer, Message } from '../../src/messaging/index.js';
import type { MessagingApp } from './messaging-app.js';

/** The n-th event of a stream. */
@Message('test.counted', { stream: (event: Counted) => ['counter', event.counter] })
export class Counted {
  constructor(
    readonly counter: string,
    readonly number: number,
  ) {}
}

/** Writes one row per event, so that a test sees in the database what was handled, how often and in which order. */
@Injectable()
@EventsHandler(Counted)
@Consumer('test.effects')
export class EffectsHandler {
  constructor(private readonly dataSource: DataSource) {}

  async handle({ counter, number }: Counted): Promise<void> {
    await this.dataSource.query('insert into effects (counter, number) values ($1, $2)', [counter, number]);
  }
}

export async function createEffects(app: MessagingApp): Promise<void> {
  await app.query('create table effects (id serial primary key, counter text, number int)');
}

/** The numbers handled so far, per counter, in the order of their effects. */
export async function effectsOf(app: MessagingApp): Promise<Record<string, number[]>> {
  const rows = await app.query<{ counter: string; numbers: number[] }>(
    'select counter, array_agg(number order by id) as numbers from effects group by counter',
  );
  return Object.fromEntries(rows.map(({ counter, numbers }) => [counter, numbers]));
}

export async function publish(app: MessagingApp, ...events: Counted[]): Promise<void> {
  await app.unitOfWork.run(async () => app.unitOfWork.record(undefined, events));
}

/** A transaction that has drawn its outbox id, and commits or rolls back when told. */
export async function openTransaction(app: MessagingApp, event: Counted, partition = 3) {
  const runner = app.dataSource.createQueryRunner();
  await runner.startTransaction();
  await runner.query(
    `insert into messaging.outbox (event_id, stream_type, stream_id, partition, type, schema_version, payload, headers, occurred_at)
     values (gen_random_uuid(), 'counter', $1, $2, 'test.counted', 1, $3, '{}', now())`,
    [event.counter, partition, JSON.stringify(event)],
  );
  return {
    commit: async () => (await runner.commitTransaction(), await runner.release()),
    rollback: async () => (await runner.rollbackTransaction(), await runner.release()),
  };
}

export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
