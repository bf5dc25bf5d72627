import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventFeed, FeedOffsetExpiredError, IdempotencyKeys } from '../../../src/messaging/index.js';
import { Connections } from '../../../src/messaging/connections.js';
import { Progress } from '../../../src/messaging/progress.js';
import { Counted, createEffects, effectsOf, EffectsHandler, publish, upTo } from '../../support/counting.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

const PARTITION = 1_000_000;

describe('the housekeeping', () => {
  let app: MessagingApp;

  beforeAll(async () => {
    app = await startMessagingApp({ providers: [EffectsHandler] });
    await createEffects(app);
  });
  afterAll(() => app.close());

  async function value<T>(sql: string): Promise<T> {
    const [row] = await app.query<{ value: T }>(`select ${sql} as value`);
    return row!.value;
  }

  const partitions = () =>
    value<number>("(select count(*)::int from pg_inherits where inhparent = 'messaging.event_log'::regclass)");

  it('keeps one row of progress per lane, and the lanes go on from there', async () => {
    for (const number of upTo(20)) await publish(app, new Counted('pruned', number));
    await app.kit.settled();
    await value('messaging.prune(1000)');
    const rows = await app.query(
      'select partition from messaging.consumer_progress group by partition having count(*) > 1',
    );
    expect(rows).toEqual([]);
    await publish(app, new Counted('pruned', 21));
    await app.kit.settled();
    expect(await effectsOf(app)).toEqual({ pruned: upTo(21) });
  });

  it('deletes no step that keeps a paused instance from doing it again', async () => {
    for (const number of upTo(5)) await publish(app, new Counted('fenced', number));
    await app.kit.settled();
    const [first] = await app.query<Record<string, number>>(
      `select partition, generation, (select start_position from messaging.consumer where name = 'test.effects') as "from"
         from messaging.consumer_progress order by from_position desc limit 1`,
    );
    await value('messaging.prune(1000)');
    const progress = new Progress(app.app.get(Connections, { strict: false }), 'messaging');
    const lane = { consumer: 'test.effects', partition: first!.partition!, generation: first!.generation! };
    const stale = progress.step(lane, Number(first!.from), 1);
    const again = app.query(stale.text, stale.values);
    expect(await again.catch((error: unknown) => progress.isTaken(error))).toBe(true);
  });

  it('forgets idempotency keys after 72 hours, and not before', async () => {
    const keys = app.app.get(IdempotencyKeys);
    const request = (key: string) => ({ caller: 'c', key, fingerprint: 'f' });
    for (const key of ['old', 'young']) await keys.once(request(key), async () => 'first');
    await app.query("update messaging.idempotency_key set created_at = now() - interval '73 hours' where key = 'old'");
    await value('messaging.prune(1000)');
    expect(await keys.once(request('young'), async () => 'second')).toEqual({ result: 'first', replayed: true });
    expect(await keys.once(request('old'), async () => 'second')).toEqual({ result: 'second', replayed: false });
  });

  it('truncates a slot of the outbox that has drained, and leaves one alone that somebody writes to', async () => {
    await app.kit.settled();
    // A dead row in each slot, whichever comes next.
    for (const slot of [0, 1, 2]) {
      await app.query(
        `insert into messaging.outbox (slot, event_id, partition, type, schema_version, payload, headers, occurred_at)
         values (${slot}, gen_random_uuid(), 0, 'test.dead', 1, '{}', '{}', now())`,
      );
    }
    await app.query('delete from messaging.outbox');
    expect(await value('messaging.rotate_outbox()')).toBe(true);
    const sizes = "(select sum(pg_relation_size('messaging.outbox_' || slot))::int from generate_series(0, 2) slot)";
    expect(await value(sizes)).toBe(2 * 8_192);
    const writer = app.dataSource.createQueryRunner();
    await writer.startTransaction();
    await writer.query('lock table messaging.outbox_0, messaging.outbox_1, messaging.outbox_2 in row exclusive mode');
    expect(await value('messaging.rotate_outbox()')).toBe(false);
    await writer.rollbackTransaction();
    await writer.release();
  });

  it('makes partitions of the log ahead of its head', async () => {
    const before = await partitions();
    await app.query(`update messaging.log_meta set floor_position = ${3 * PARTITION - 10}`);
    await publish(app, new Counted('ahead', 1));
    await app.kit.settled();
    expect(await value<number>('messaging.make_log_partitions()')).toBe(2);
    expect(await partitions()).toBe(before + 2);
    for (const number of upTo(20)) await publish(app, new Counted('ahead', number + 1));
    await app.kit.settled();
    expect((await effectsOf(app)).ahead).toEqual(upTo(21));
  });

  it('drops the oldest partition only when it is old enough and every consumer is past it', async () => {
    const before = await partitions();
    expect(await value("messaging.drop_log_partition('1 day')")).toBe(true);
    // That one was empty from its middle on; the last one with events is younger than a day.
    await app.query(
      `insert into messaging.consumer (name, types, start_position) values ('left-behind', null, ${PARTITION})`,
    );
    expect(await value("messaging.drop_log_partition('0 days')")).toBe(false);
    await app.query("delete from messaging.consumer where name = 'left-behind'");
    expect(await value("messaging.drop_log_partition('0 days')")).toBe(true);
    expect(await partitions()).toBe(before - 2);
  });

  it('tells a reader who is behind what is kept that it has gone', async () => {
    await expect(app.app.get(EventFeed).read({ offset: 5, limit: 10 })).rejects.toBeInstanceOf(FeedOffsetExpiredError);
  });
});
