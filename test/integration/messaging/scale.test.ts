import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Command, CommandHandler } from '@nestjs/cqrs';
import { Message, OutboxForwarder, Queued } from '../../../src/messaging/index.js';
import { Counted, createEffects, effectsOf, EffectsHandler, publish } from '../../support/counting.js';
import { eventually } from '../../support/eventually.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

@Message('test.nudge')
@Queued<Nudge>({ effect: 'database', key: (command) => command.queue })
class Nudge extends Command<void> {
  constructor(readonly queue: string) {
    super();
  }
}

let nudged = 0;

@CommandHandler(Nudge)
class NudgeHandler {
  async execute(): Promise<void> {
    nudged++;
  }
}

describe('an application with a heap of trouble', () => {
  const DEAD = 1_000;
  const WAITING = 500_000;
  let app: MessagingApp;

  beforeAll(async () => {
    app = await startMessagingApp({ providers: [EffectsHandler, NudgeHandler] });
    await createEffects(app);
    await app.query(
      `insert into messaging.held_message (consumer, partition, park_key, position, event_id, type, schema_version, payload,
                                           headers, occurred_at, attempts, dead_at)
       select 'test.effects', n % 16, 'counter-dead-' || n % ${DEAD}, n, gen_random_uuid(), 'test.counted', 1, '{}', '{}',
              now(), case when n <= ${DEAD} then 3 else 0 end, case when n <= ${DEAD} then now() end
         from generate_series(1, ${DEAD + WAITING}) n`,
    );
    await app.query(
      `insert into messaging.queued_command (command_id, type, schema_version, payload, headers, key, due_at, dead_at)
       select gen_random_uuid(), 'test.nudge', 1, '{}', '{}', 'dead-' || n % ${DEAD},
              case when n > ${DEAD} then now() + interval '1 day' end, case when n <= ${DEAD} then now() end
         from generate_series(1, ${DEAD + WAITING}) n`,
    );
    await app.query('analyze messaging.held_message, messaging.queued_command');
    await app.app.get(OutboxForwarder).tick();
  }, 120_000);
  afterAll(() => app.close());

  it('handles a fresh event within a second', async () => {
    const before = performance.now();
    await publish(app, new Counted('fresh', 1));
    await eventually(async () => 'fresh' in (await effectsOf(app)));
    const ms = performance.now() - before;
    process.stdout.write(`fresh event handled in ${ms.toFixed(0)} ms behind ${DEAD} dead and ${WAITING} waiting\n`);
    expect(ms).toBeLessThan(1_000);
  });

  it('runs a fresh command within a second', async () => {
    const before = performance.now();
    await app.queue.send(new Nudge('fresh'));
    await eventually(() => nudged === 1);
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it('says in one cheap statement that there is nothing to do', async () => {
    const [row] = await app.query<{ 'QUERY PLAN': { 'Execution Time': number }[] }>(
      `explain (analyze, format json) select * from messaging.tick(gen_random_uuid(), 15, now() - interval '1 hour')`,
    );
    expect(row!['QUERY PLAN'][0]!['Execution Time']).toBeLessThan(100);
  });
});
