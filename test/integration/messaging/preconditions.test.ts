import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { EventFeed } from '../../../src/messaging/index.js';
import { Counted, createEffects, EffectsHandler, publish, upTo } from '../../support/counting.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

/** Each of these fails when its precondition is broken: it was seen to. */
describe('what the sequencer relies on', () => {
  let app: MessagingApp;

  beforeAll(async () => {
    app = await startMessagingApp({ providers: [EffectsHandler] });
    await createEffects(app);
    await app.query('create table guarded (id int primary key, version int not null)');
    await app.query('insert into guarded values (1, 0)');
  });
  afterAll(() => app.close());

  async function connection(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: app.database.url });
    await client.connect();
    return client;
  }

  async function logged(counter: string): Promise<unknown[]> {
    await app.kit.settled();
    const { events } = await app.app.get(EventFeed).read({ offset: 0, limit: 1000 });
    return events
      .map(({ data }) => data as Counted)
      .filter((data) => data.counter === counter)
      .map(({ number }) => number);
  }

  it('is that events are appended after the row locks: who records first but locks last comes last', async () => {
    let locked!: () => void;
    const holdsLock = new Promise<void>((resolve) => (locked = resolve));
    let recorded!: () => void;
    const otherRecorded = new Promise<void>((resolve) => (recorded = resolve));
    const first = app.unitOfWork.run(async (manager) => {
      await manager.query('select * from guarded where id = 1 for update');
      locked();
      await otherRecorded;
      app.unitOfWork.record(undefined, [new Counted('append', 1)]);
    });
    await holdsLock;
    const second = app.unitOfWork.run(async (manager) => {
      await manager.query('select 1');
      app.unitOfWork.record(undefined, [new Counted('append', 2)]);
      recorded();
      await manager.query('select * from guarded where id = 1 for update');
    });
    await Promise.all([first, second]);
    expect(await logged('append')).toEqual([1, 2]);
  });

  it('is that a session draws no ids ahead: ids follow the order in which they were drawn', async () => {
    const [one, other] = await Promise.all([connection(), connection()]);
    const drawn: number[] = [];
    for (const client of [one, other, one, other]) {
      const { rows } = await client.query("select nextval('messaging.outbox_id_seq') as id");
      drawn.push(Number(rows[0].id));
    }
    expect(drawn).toEqual(drawn.toSorted((a, b) => a - b));
    await Promise.all([one.end(), other.end()]);
  });

  it('is READ COMMITTED: another isolation level is refused', async () => {
    const client = await connection();
    await client.query('begin isolation level repeatable read');
    await expect(client.query('select messaging.sequence_outbox(10)')).rejects.toThrow('needs READ COMMITTED');
    await client.end();
  });

  it('is that one at a time works: a second one is turned away until the first has committed', async () => {
    const [one, other] = await Promise.all([connection(), connection()]);
    await one.query('begin');
    await one.query('select messaging.sequence_outbox(10)');
    const turnedAway = await other.query('select n from messaging.sequence_outbox(10)');
    expect(turnedAway.rows).toEqual([{ n: -1 }]);
    await one.query('commit');
    const admitted = await other.query('select n from messaging.sequence_outbox(10)');
    expect(admitted.rows[0].n).toBeGreaterThanOrEqual(0);
    await Promise.all([one.end(), other.end()]);
  });

  it('is that lock and read are separate statements: four at once give no position twice', async () => {
    const clients = await Promise.all(upTo(4).map(connection));
    let publishing = true;
    const sequencing = clients.map(async (client) => {
      while (publishing) await client.query('select messaging.sequence_outbox(3)');
    });
    for (const number of upTo(150)) await publish(app, new Counted('many', number));
    publishing = false;
    await Promise.all(sequencing);
    expect(await logged('many')).toEqual(upTo(150));
    await Promise.all(clients.map((client) => client.end()));
  });

  it('is that positions which were dropped are not given again', async () => {
    await app.query('update messaging.log_meta set floor_position = 5000');
    await publish(app, new Counted('floor', 1));
    await app.kit.settled();
    const [row] = await app.query<{ position: string }>('select max(position) as position from messaging.event_log');
    expect(Number(row!.position)).toBe(5001);
  });
});
