import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { EventsHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { Consumer, EventFeed, type MessageContext, OutboxForwarder } from '../../../src/messaging/index.js';
import { partitionOf } from '../../../src/messaging/partition.js';
import { Counted, createEffects, effectsOf, EffectsHandler, openTransaction, publish } from '../../support/counting.js';
import { eventually } from '../../support/eventually.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

const HELD_BY = 4711;

const begun: { counter: string; position: number | undefined }[] = [];

@Injectable()
@EventsHandler(Counted)
@Consumer('test.effects')
class Effects extends EffectsHandler {
  override async handle(event: Counted, context?: MessageContext): Promise<void> {
    begun.push({ counter: event.counter, position: context?.position });
    await super.handle(event);
  }
}

const outside: { counter: string; position: number | undefined }[] = [];

@EventsHandler(Counted)
@Consumer('test.outside', { transaction: false })
class OutsideHandler {
  async handle({ counter }: Counted, { position }: MessageContext): Promise<void> {
    outside.push({ counter, position });
  }
}

describe('a handler that begins while its event is being numbered', () => {
  let app: MessagingApp;
  let holder: Client;

  beforeAll(async () => {
    app = await startMessagingApp({ providers: [Effects, OutsideHandler] });
    await createEffects(app);
    await app.query('create table refuses ()');
    await app.query('create sequence refused');
    await app.query(`
      create function at_commit() returns trigger language plpgsql as $$
      begin
        perform pg_advisory_xact_lock(${HELD_BY});
        if exists (select 1 from refuses) and nextval('refused') = 1 then raise exception 'the disk is full' using errcode = '53100'; end if;
        return null;
      end $$`);
    await app.query(`create constraint trigger at_commit after insert on messaging.event_log_0
                       deferrable initially deferred for each row execute function at_commit()`);
    holder = new Client({ connectionString: app.database.url });
    await holder.connect();
  });
  afterAll(async () => {
    await holder.end();
    await app.close();
  });
  beforeEach(async () => {
    begun.length = outside.length = 0;
    await app.query('truncate effects');
    await holder.query('select pg_advisory_lock($1)', [HELD_BY]);
  });
  afterEach(async () => {
    await app.query('truncate refuses');
    await letCommit();
  });

  /** The sequencer's COMMIT, which waits, goes on. */
  const letCommit = () => holder.query('select pg_advisory_unlock_all()');

  async function isNumbering(): Promise<void> {
    const waiting = `select 1 from pg_locks where locktype = 'advisory' and objid = $1 and not granted`;
    await eventually(async () => (await app.query(waiting, [HELD_BY])).length === 1);
  }

  async function cancelWaiting(): Promise<number> {
    const rows = await app.query(
      `select pg_cancel_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%event_personal%'`,
    );
    return rows.length;
  }

  async function logged(): Promise<Record<string, number>> {
    const { events } = await app.app.get(EventFeed).read({ offset: 0, limit: 1000 });
    return Object.fromEntries(events.map(({ data, position }) => [(data as Counted).counter, position]));
  }

  it('is at work before the number is committed, and commits after it', async () => {
    await publish(app, new Counted('one', 1));
    await isNumbering();
    await eventually(() => begun.length === 1);
    expect(await logged()).toEqual({});
    expect(await effectsOf(app)).toEqual({});
    await letCommit();
    await app.kit.settled();
    expect(await effectsOf(app)).toEqual({ one: [1] });
    expect(begun).toEqual([{ counter: 'one', position: (await logged()).one }]);
  });

  it('does not begin outside a transaction, where nothing could be undone', async () => {
    await publish(app, new Counted('two', 1));
    await isNumbering();
    await eventually(() => begun.length === 1);
    expect(outside).toEqual([]);
    await letCommit();
    await app.kit.settled();
    expect(outside).toEqual([{ counter: 'two', position: (await logged()).two }]);
  });

  it('waits with more than a connection can hold, so that a process that stops does not keep the COMMIT from ending', async () => {
    const large = 'x'.repeat(32_768);
    await publish(app, new Counted(large, 1));
    await isNumbering();
    expect(begun).toEqual([]);
    await letCommit();
    await app.kit.settled();
    expect(await effectsOf(app)).toEqual({ [large]: [1] });
    expect(begun).toHaveLength(1);
  });

  it('leaves its event to be numbered where the log cannot be read', async () => {
    await letCommit();
    const blocker = app.dataSource.createQueryRunner();
    await blocker.startTransaction();
    await blocker.query('lock table messaging.event_personal in access exclusive mode');
    const numbered = () => app.query('select 1 from messaging.event_log where stream_id = $1', ['unread']);
    await publish(app, new Counted('unread', 1));
    // What waits for the table is the reading, in the transaction that numbers; the next one does without.
    await eventually(async () => (await cancelWaiting()) > 0);
    app.app.get(OutboxForwarder).kick();
    await eventually(async () => (await numbered()).length === 1);
    expect(begun).toEqual([]);
    await blocker.commitTransaction();
    await blocker.release();
    await app.kit.settled();
    expect(await effectsOf(app)).toEqual({ unread: [1] });
  });

  it('is undone when the number becomes that of another event, and neither of them is lost or doubled', async () => {
    const early = await openTransaction(app, new Counted('early', 1), partitionOf('counter-late'));
    await app.query(`insert into refuses default values`);
    await publish(app, new Counted('late', 1));
    await isNumbering();
    await eventually(() => begun.length === 1);
    const { position } = begun[0]!;
    // Its id is the lower one: it takes the place of the other.
    await early.commit();
    await letCommit();
    await app.kit.settled();
    const positions = await logged();
    expect(positions).toMatchObject({ early: position, late: position! + 1 });
    expect(await effectsOf(app)).toEqual({ early: [1], late: [1] });
    expect(begun.map(({ counter }) => counter)).toEqual(['late', 'early', 'late']);
    expect(await app.query('select 1 from messaging.held_message')).toEqual([]);
  });
});
