import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OutboxForwarder } from '../../../src/messaging/index.js';
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
