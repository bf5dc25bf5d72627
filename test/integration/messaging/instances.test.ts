import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OutboxForwarder } from '../../../src/messaging/index.js';
import { PARTITIONS } from '../../../src/messaging/partition.js';
import { Suspicion } from '../../../src/messaging/suspicion.js';
import { Counted, createEffects, effectsOf, EffectsHandler, publish, upTo } from '../../support/counting.js';
import { eventually } from '../../support/eventually.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

describe('two instances on one database', () => {
  let first: MessagingApp;
  let second: MessagingApp;

  beforeEach(async () => {
    first = await startMessagingApp({ providers: [EffectsHandler], poll: false });
    await createEffects(first);
    second = await startMessagingApp({ providers: [EffectsHandler], poll: false, database: first.database });
  });
  afterEach(async () => {
    await second.close();
    await first.close();
  });

  const tick = (app: MessagingApp) => app.app.get(OutboxForwarder).tick();

  async function partitionsPerInstance(): Promise<number[]> {
    const rows = await first.query<{ n: number }>(
      'select count(*)::int as n from messaging.lease where owner is not null group by owner order by n',
    );
    return rows.map(({ n }) => n);
  }

  /** Whether there are that many effects, and no more. */
  async function effectsNumber(wanted: number): Promise<boolean> {
    const [row] = await first.query<{ n: number }>('select count(*)::int as n from effects');
    return row!.n === wanted;
  }

  it('share the partitions evenly, and the one that stays takes over those of one that leaves', async () => {
    await eventually(async () => {
      await Promise.all([tick(first), tick(second)]);
      return String(await partitionsPerInstance()) === '8,8';
    });
    await second.app.close();
    await tick(first);
    expect(await partitionsPerInstance()).toEqual([16]);
    second = await startMessagingApp({ providers: [EffectsHandler], database: first.database });
  });

  it('handle every event once and in order while partitions change hands', async () => {
    const publishers = upTo(8).map(async (counter) => {
      for (const number of upTo(150)) await publish(first, new Counted(`c${counter}`, number));
    });
    await Promise.all([tick(first), tick(second), ...publishers]);
    await eventually(() => effectsNumber(8 * 150));
    const effects = await effectsOf(first);
    for (const counter of upTo(8)) expect(effects[`c${counter}`]).toEqual(upTo(150));
  });

  it('undo what an instance does that has lost its partitions without noticing', async () => {
    // No tick any more: this instance goes on with what it leased, like a process that was stopped and continued.
    first.app.get(OutboxForwarder).tick = async () => undefined;
    await first.query("update messaging.instance set lease_until = '-infinity'");
    await tick(second);
    expect(await partitionsPerInstance()).toEqual([16]);
    for (const number of upTo(40)) await publish(first, ...upTo(20).map((c) => new Counted(`zombie-${c}`, number)));
    await eventually(() => effectsNumber(20 * 40));
    const effects = await effectsOf(first);
    for (const counter of upTo(20)) expect(effects[`zombie-${counter}`]).toEqual(upTo(40));
  });
});

describe('an instance that takes over partitions while events are published', () => {
  let app: MessagingApp;
  let forwarder: OutboxForwarder;

  beforeEach(async () => {
    app = await startMessagingApp({ providers: [EffectsHandler], poll: false, timer: false });
    forwarder = app.app.get(OutboxForwarder);
    await createEffects(app);
    await forwarder.tick();
    await publish(app, new Counted('before', 1));
    await app.kit.settled();
    const other = "'00000000-0000-0000-0000-000000000000'::uuid";
    await app.query(`insert into messaging.instance values (${other}, 'infinity')`);
    await app.query(`update messaging.lease set owner = ${other}`);
    await forwarder.tick();
    await app.query(`update messaging.lease set owner = null`);
    await app.query(`delete from messaging.instance where id = ${other}`);
  });
  afterEach(() => app.close());

  /** The lanes have read where they stand, and do not begin until `meanwhile` is done. */
  async function takeOver(meanwhile: () => Promise<void>): Promise<void> {
    let begin!: () => void;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const load = jest.spyOn(Suspicion.prototype, 'load').mockImplementation(() => begun);
    const taken = forwarder.tick();
    await eventually(() => load.mock.calls.length === PARTITIONS);
    await meanwhile();
    begin();
    await taken;
    load.mockRestore();
  }

  const publishEarly = async () => {
    await publish(app, new Counted('early', 1));
    await forwarder.settle();
  };

  it('handles them without waiting for others', async () => {
    await takeOver(publishEarly);
    await forwarder.settle();
    expect(await effectsOf(app)).toEqual({ before: [1], early: [1] });
  });

  it('passes none of them over when it reads on', async () => {
    await takeOver(publishEarly);
    for (const n of upTo(20)) {
      await publish(app, new Counted(`late-${n}`, 1));
      await forwarder.settle();
    }
    expect(await effectsOf(app)).toMatchObject({ early: [1], 'late-20': [1] });
  });
});
