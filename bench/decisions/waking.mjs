import { setTimeout as pause } from 'node:timers/promises';
import { percentile } from '../statistics.mjs';
import { append } from './load.mjs';

/** The core's tick, which is there in any case. */
const TICK_MS = 1_200;
const BETWEEN_MS = 20;

/** How long another instance takes to see what was committed and numbered, and how often it looks. */
export const waking = {
  name: 'waking',
  adr: '0015',
  title: `from COMMIT to another instance, ${1_000 / BETWEEN_MS} events a second`,
  async contenders(context) {
    const [writer, reader] = await context.clients(2);
    await context.createMessaging(writer);
    const round = (pollMs, listens) => measure({ writer, reader, seconds: context.seconds }, pollMs, listens);
    return [
      { name: 'notified, and a look every 1.2 s', round: () => round(TICK_MS, true) },
      { name: 'a look every 1.2 s', round: () => round(TICK_MS, false) },
      { name: 'a look every 100 ms', round: () => round(100, false) },
      { name: 'a look every 10 ms', round: () => round(10, false) },
    ];
  },
};

async function measure({ writer, reader, seconds }, pollMs, listens) {
  const committed = new Map();
  const delays = [];
  let [looks, last, writing] = [0, await head(reader), true];
  const look = async () => {
    looks += 1;
    const at = await head(reader);
    for (; last < at; last++) delays.push(performance.now() - committed.get(last + 1));
  };
  let wake = () => undefined;
  const notified = () => wake();
  reader.on('notification', notified);
  if (listens) await reader.query('listen "core.event_log"');
  const looking = (async () => {
    while (writing) {
      const woken = new Promise((resolve) => (wake = resolve));
      await look();
      await Promise.race([woken, pause(pollMs)]);
    }
    await look();
  })();
  const end = performance.now() + seconds * 1_000;
  for (let number = last + 1; performance.now() < end; number++) {
    committed.set(number, performance.now());
    await writer.query(append('core', 1, number));
    await writer.query('select core.sequence_outbox(1000)');
    await pause(BETWEEN_MS);
  }
  writing = false;
  wake();
  await looking;
  await reader.query('unlisten *');
  reader.off('notification', notified);
  return { 'p50 ms': percentile(delays, 0.5), 'p99 ms': percentile(delays, 0.99), 'looks/s': looks / seconds };
}

const head = async (client) =>
  (await client.query('select coalesce(max(position), 0)::int as head from core.event_log')).rows[0].head;
