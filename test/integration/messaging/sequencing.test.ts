import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventFeed } from '../../../src/messaging/index.js';
import {
  Counted,
  createEffects,
  effectsOf,
  EffectsHandler,
  openTransaction,
  publish,
  upTo,
} from '../../support/counting.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

describe('the sequenced log', () => {
  let app: MessagingApp;

  beforeAll(async () => {
    app = await startMessagingApp({ providers: [EffectsHandler] });
    await createEffects(app);
  });
  afterAll(() => app.close());

  async function feed() {
    const { events, nextOffset, head } = await app.app.get(EventFeed).read({ offset: 0, limit: 1000 });
    return {
      positions: events.map((event) => event.position),
      data: events.map((event) => event.data),
      nextOffset,
      head,
    };
  }

  it('shows every event once and without a gap when the first id is committed last', async () => {
    const early = await openTransaction(app, new Counted('early', 1));
    const late = await openTransaction(app, new Counted('late', 1));
    await late.commit();
    await app.kit.settled();
    expect(await feed()).toMatchObject({ positions: [1], data: [{ counter: 'late' }], nextOffset: 1, head: 1 });
    await early.commit();
    await app.kit.settled();
    expect(await feed()).toMatchObject({ positions: [1, 2], data: [{ counter: 'late' }, { counter: 'early' }] });
    expect(await effectsOf(app)).toEqual({ early: [1], late: [1] });
  });

  it('keeps the order of ids when the first id is committed first', async () => {
    const first = await openTransaction(app, new Counted('first', 1));
    const second = await openTransaction(app, new Counted('second', 1));
    await first.commit();
    await second.commit();
    await app.kit.settled();
    expect((await feed()).data.slice(2)).toMatchObject([{ counter: 'first' }, { counter: 'second' }]);
  });

  it('shows nothing of a transaction that was rolled back, nor a gap in its place', async () => {
    const gone = await openTransaction(app, new Counted('gone', 1));
    const stays = await openTransaction(app, new Counted('stays', 1));
    await gone.rollback();
    await stays.commit();
    await app.kit.settled();
    const { positions, head } = await feed();
    expect(positions).toEqual(upTo(head));
    expect(await effectsOf(app)).not.toHaveProperty('gone');
  });

  it('loses, doubles and reorders nothing under eight writers with pauses and rollbacks', async () => {
    const writers = upTo(8).map(async (writer) => {
      for (const number of upTo(40)) {
        const event = new Counted(`writer-${writer}`, number);
        const attempt = app.unitOfWork.run(async (manager) => {
          app.unitOfWork.record(undefined, [new Counted(`writer-${writer}`, -number)]);
          await manager.query('select pg_sleep($1)', [Math.random() / 200]);
          throw new Error('rolled back');
        });
        await expect(attempt).rejects.toThrow('rolled back');
        await publish(app, event);
      }
    });
    await Promise.all(writers);
    await app.kit.settled();
    const effects = await effectsOf(app);
    for (const writer of upTo(8)) expect(effects[`writer-${writer}`]).toEqual(upTo(40));
    const { positions, head } = await feed();
    expect(positions).toEqual(upTo(head));
  });

  it('refuses to change or delete what is in the log', async () => {
    await expect(app.query('update messaging.event_log set type = $1', ['other'])).rejects.toThrow('append-only');
    await expect(app.query('delete from messaging.event_log')).rejects.toThrow('append-only');
  });
});
