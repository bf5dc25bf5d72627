import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  EventFeed,
  FeedIncarnationChangedError,
  FeedOffsetBeyondHeadError,
  type FeedPage,
  type FeedQuery,
} from '../../../src/messaging/index.js';
import { Connections } from '../../../src/messaging/connections.js';
import { Counted, publish, upTo } from '../../support/counting.js';
import { eventually } from '../../support/eventually.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

const LONG = 20_000;
const whole: FeedQuery = { offset: 0, limit: 1_000 };

let app: MessagingApp;
let feed: EventFeed;
let reader: AbortController;

beforeAll(async () => {
  app = await startMessagingApp({ providers: [] });
  feed = app.app.get(EventFeed);
  for (const number of upTo(60)) await publish(app, new Counted(`c-${number % 3}`, number));
  await app.kit.settled();
});
afterAll(() => app.close());

/** Of many readers at once. */
function manyTimes(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** The texts that the feed's pool sends while `work` runs. */
async function statementsDuring(work: () => Promise<unknown>): Promise<string[]> {
  const connections = app.app.get(Connections, { strict: false });
  const sent: string[] = [];
  const query = connections.query.bind(connections);
  connections.query = ((statement, pool) => {
    if (pool === 'feed') sent.push(statement.text);
    return query(statement, pool);
  }) as typeof connections.query;
  await work().finally(() => (connections.query = query));
  return sent;
}

const head = async () => (await feed.read({ offset: 0, limit: 1 })).head;

/** Reads the whole log page after page, each of `limit`. */
async function readAll(query: FeedQuery): Promise<number[]> {
  const positions: number[] = [];
  for (let page: FeedPage = await feed.read(query); ;) {
    positions.push(...page.events.map((event) => event.position));
    if (page.nextOffset >= page.head) return positions;
    page = await feed.read({ ...query, offset: page.nextOffset });
  }
}

describe('readers at the end of the log', () => {
  beforeAll(() => void (reader = manyTimes()));
  afterAll(() => reader.abort());

  it('all get the events of a commit from one statement', async () => {
    const offset = await head();
    const query = { offset, limit: 100 };
    const waiting = Promise.all(upTo(50).map(() => feed.readOrWait(query, LONG, reader.signal)));
    await eventually(() => feed.waiting === 50);

    const statements = await statementsDuring(async () => {
      await publish(app, new Counted('wake', 1), new Counted('wake', 2));
      const pages = await waiting;
      const seen = pages.map(({ events }) => events.map(({ position }) => position));
      expect(seen.filter((positions) => positions[0] !== offset + 1)).toEqual([]);
    });
    expect(statements.filter((text) => text.includes('event_log')).length).toBeLessThanOrEqual(2);
  });

  it('get from memory just what the log has for their filter', async () => {
    const offset = await head();
    const types = [undefined, 'test.counted', 'test.*', 'other.*'];
    const filters = types.flatMap((type) =>
      [undefined, 'counter', 'other'].flatMap((source) =>
        [undefined, 'a', 'b', 'nobody'].map((sourceId) => ({ type, source, sourceId })),
      ),
    );
    const queries = filters.map((filter, index) => ({ ...filter, offset, limit: 1 + ((index * 7) % 40) }));
    const left = manyTimes();
    const waiting = queries.map((query) => feed.readOrWait(query, LONG, left.signal));
    await eventually(() => feed.waiting === queries.length);

    const statements = await statementsDuring(async () => {
      await publish(app, ...upTo(30).map((number) => new Counted(number % 3 ? 'a' : 'b', number)));
      await eventually(() => feed.waiting < queries.length);
    });
    const stored = await Promise.all(queries.map((query) => feed.read(query)));
    const matched = stored.filter(({ events }) => events.length > 0).length;
    await eventually(() => feed.waiting === queries.length - matched);
    left.abort();
    const remembered = await Promise.all(waiting);

    expect(remembered.map(({ events }) => events)).toEqual(stored.map(({ events }) => events));
    expect(matched).toBe(3 * 2 * 3);
    expect(statements.length).toBeLessThanOrEqual(2);
  });

  it('hear after a while without events how far a filter has looked', async () => {
    const follower = feed.follow({ ...whole, type: 'never' }, 20, reader.signal);
    const first = await follower.next();
    await publish(app, new Counted('quiet', 1));
    await app.kit.settled();
    const at = await head();

    const heartbeat = await eventually(async () => {
      const { value } = await follower.next();
      return value!.nextOffset === at && value;
    });
    expect(heartbeat).toMatchObject({ events: [], head: at });
    expect(first.value!.nextOffset).toBeLessThan(at);
  });

  it('are never told from memory alone that there is no news', async () => {
    const follower = feed.follow({ offset: await head(), limit: 1 }, 10, reader.signal);
    await follower.next();
    const statements = await statementsDuring(async () => {
      for (const heartbeat of upTo(5))
        expect([heartbeat, (await follower.next()).value?.events]).toEqual([heartbeat, []]);
    });

    expect(statements.length).toBeGreaterThanOrEqual(5);
  });

  it('that read slowly keep nothing in memory: the log is read when they ask', async () => {
    const offset = await head();
    const follower = feed.follow({ offset, limit: 10 }, LONG, reader.signal);
    await follower.next();
    const statements = await statementsDuring(async () => {
      for (const number of upTo(40)) await publish(app, new Counted('slow', number));
      await app.kit.settled();
    });
    expect(statements).toEqual([]);

    const pages = [await follower.next(), await follower.next(), await follower.next(), await follower.next()];
    const positions = pages.flatMap(({ value }) => value!.events.map(({ position }) => position));
    expect(positions).toEqual(upTo(40).map((number) => offset + number));
  });

  it('go when their request ends, and nothing asks the database any more', async () => {
    const gone = new AbortController();
    const waiting = feed.readOrWait({ offset: await head(), limit: 1 }, LONG, gone.signal);
    await eventually(() => feed.waiting > 0);
    gone.abort();

    expect((await waiting).events).toEqual([]);
    expect(feed.waiting).toBe(0);
  });
});

describe('a page at any offset', () => {
  it('is one statement, which reads what it gives by the index, and no more', async () => {
    const offset = 30;
    const [text, ...others] = await statementsDuring(() => feed.read({ offset, limit: 10 }));
    expect(others).toEqual([]);
    const runner = app.dataSource.createQueryRunner();
    // As a prepared statement has it after its first runs.
    await runner.query('set plan_cache_mode = force_generic_plan');
    await runner.query(`prepare page (bigint, bigint, text, text, text, text, int) as ${text}`);
    const explain = 'explain (analyze, format json) execute page';
    const [plan] = await runner.query(`${explain} (${offset}, ${offset + 10}, null, null, null, null, 10)`);
    await runner.query('deallocate page');
    await runner.query('reset plan_cache_mode');
    await runner.release();

    const reads = nodesIn(plan['QUERY PLAN'][0].Plan).filter(
      (node) => String(node['Relation Name']).startsWith('event_log') && Number(node['Actual Loops']) > 0,
    );
    expect(reads.map((node) => node['Node Type'])).not.toContain('Seq Scan');
    // The page, and the position at the log's end.
    expect(reads.reduce((sum, node) => sum + Number(node['Actual Rows']), 0)).toBe(10 + 1);
  });

  it('gives the same events however large the pages are', async () => {
    const all = await readAll(whole);
    for (const limit of [1, 7, 64]) expect(await readAll({ offset: 0, limit })).toEqual(all);
    expect(all).toEqual(upTo(all.length));
  });
});

describe('a log that was read', () => {
  let incarnation: string;

  beforeAll(() => void (reader = manyTimes()));
  afterEach(() => {
    reader.abort();
    reader = manyTimes();
  });

  /** Another server process answers from now on. */
  async function move(seenAt: Record<string, string> = {}): Promise<void> {
    await app.query('update messaging.log_meta set seen_at = seen_at || $1::jsonb', [seenAt]);
    await app.query(
      `create or replace function messaging.log_place() returns text language sql stable as $f$ select '${randomUUID()}' $f$`,
    );
  }

  beforeAll(async () => {
    ({ incarnation } = await feed.read(whole));
  });

  it('keeps its incarnation when PostgreSQL was restarted', async () => {
    await move();
    expect((await feed.read({ ...whole, incarnation })).incarnation).toBe(incarnation);
  });

  it.each(['system', 'timeline', 'database', 'log'])(
    'has a new one when the %s that it was last seen at is another',
    async (part) => {
      ({ incarnation } = await feed.read(whole));
      await move({ [part]: '1' });
      const read = feed.read({ ...whole, incarnation });

      await expect(read).rejects.toBeInstanceOf(FeedIncarnationChangedError);
      const now = await feed.read(whole);
      expect(now.incarnation).not.toBe(incarnation);
      // It is another one once, not at each look.
      await move();
      expect((await feed.read(whole)).incarnation).toBe(now.incarnation);
    },
  );

  it('tells those who wait for news, by a stream or a long poll, before it has any for them', async () => {
    const offset = await head();
    const query = { offset, limit: 10 };
    const follower = feed.follow(query, LONG, reader.signal);
    await follower.next();
    const told = Promise.allSettled([follower.next(), feed.readOrWait(query, LONG, reader.signal)]);
    await eventually(() => feed.waiting === 2);
    await move({ timeline: 'other' });
    await publish(app, new Counted('after the restore', 1));

    for (const outcome of await told) {
      expect(outcome).toMatchObject({ reason: expect.any(FeedIncarnationChangedError) });
    }
  });

  describe('and was put back to an earlier state', () => {
    async function putBack(): Promise<number> {
      const at = await head();
      await app.query(
        `do $$ begin set local session_replication_role = replica; delete from messaging.event_log where position > ${at - 3}; end $$`,
      );
      return at;
    }

    it('tells a reader of that incarnation, also one that is not ahead', async () => {
      ({ incarnation } = await feed.read(whole));
      await putBack();

      await expect(feed.read({ ...whole, incarnation })).rejects.toBeInstanceOf(FeedIncarnationChangedError);
    });

    it('tells a reader that is ahead of it, also one that names no incarnation', async () => {
      const offset = await putBack();

      await expect(feed.read({ offset, limit: 1 })).rejects.toBeInstanceOf(FeedOffsetBeyondHeadError);
    });

    it('tells those who wait, without any event', async () => {
      const offset = await head();
      const waiting = feed.readOrWait({ offset, limit: 1 }, LONG, reader.signal);
      await eventually(() => feed.waiting === 1);
      await putBack();

      await expect(waiting).rejects.toBeInstanceOf(FeedIncarnationChangedError);
    });
  });

  it('is compared by the rest where the server refuses a part', async () => {
    const runner = app.dataSource.createQueryRunner();
    await runner.startTransaction();
    try {
      await runner.query(`create role restricted_${process.pid}`);
      await runner.query(`grant usage on schema messaging to restricted_${process.pid}`);
      await runner.query(`grant select, update on all tables in schema messaging to restricted_${process.pid}`);
      await runner.query('revoke execute on function pg_control_system() from public');
      await runner.query(`set local role restricted_${process.pid}`);
      const confirm = async () => (await runner.query('select * from messaging.confirm_incarnation(0)'))[0];

      const first = await confirm();
      expect(first).toMatchObject({ refused: ['system'] });
      expect(first.incarnation).toBe(first.previous);
      await runner.query(`update messaging.log_meta set seen_at = seen_at || '{"timeline": "other"}'`);
      const second = await confirm();
      expect(second.incarnation).not.toBe(second.previous);
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
  });
});

type PlanNode = Record<string, unknown>;

function nodesIn(node: PlanNode): PlanNode[] {
  return [node, ...((node.Plans as PlanNode[] | undefined) ?? []).flatMap(nodesIn)];
}
