import { once } from 'node:events';
import { SEAMS } from './kinds.mjs';

/** Those that are passed seldom: to wait for the twentieth time there would be to wait in vain. */
const SELDOM = ['lease-read', 'command-leased', 'gateway-answered', 'mail-taken'];
const REACHED_WITHIN_MS = 10_000;

/** Faults of processes. Each draws all of its chances before it first waits: so a seed means the same in each run. */
export const processFaults = {
  kill: async (world) => {
    const victim = dispensable(world);
    if (!victim) return;
    victim.doom = { kind: 'kill', target: victim.name };
    victim.kill();
  },

  'client-kill': async ({ random, clients, record }) => {
    const client = random.pick(clients);
    if (!client.isUp) return;
    client.kill();
    record({ kind: 'client-kill', target: client.name });
  },

  restart: async (world) => {
    const victim = dispensable(world);
    if (!victim) return;
    world.record({ kind: 'restart', target: victim.name });
    await victim.restart();
  },

  stall: async (world) => {
    const ms = duration(world.random);
    const victim = dispensable(world);
    if (!victim) return;
    world.record({ kind: 'stall', target: victim.name, ms });
    await victim.stall(ms);
  },

  'seam-pause': async (world) => {
    const order = orderAt('pause', world.random);
    const victim = nearest(world);
    if (!victim || !(await reaches(victim, order))) return;
    world.record({ kind: 'seam-pause', target: `${victim.name} at ${order.seam}`, ms: order.ms });
  },

  'seam-stall': async (world) => {
    const order = orderAt('stall', world.random);
    const victim = dispensable(world);
    if (!victim || !(await reaches(victim, order))) return;
    world.record({ kind: 'seam-stall', target: `${victim.name} at ${order.seam}`, ms: order.ms });
    await victim.goOnAfter(order.ms);
  },

  'seam-kill': async (world) => {
    const order = orderAt('kill', world.random);
    const victim = dispensable(world);
    if (!victim) return;
    victim.doom = { kind: 'seam-kill', target: `${victim.name} at ${order.seam}` };
    await reaches(victim, order);
  },
};

/** Mostly beyond the lease of 5 s, seldom beyond the 15 s for which a transaction may idle. */
function duration(random) {
  const draw = random.next();
  if (draw < 0.25) return random.between(300, 2_000);
  return draw < 0.9 ? random.between(5_500, 9_000) : random.between(15_500, 18_000);
}

function orderAt(action, random) {
  const seam = random.pick(SEAMS);
  const skip = random.between(0, SELDOM.includes(seam) ? 1 : 30);
  return { seam, action, skip, ms: duration(random) };
}

/** An instance that is up: the drawn one, or the next. */
function nearest({ random, instances }) {
  const first = random.between(0, instances.length - 1);
  return [...instances.slice(first), ...instances.slice(0, first)].find(({ isUp, doom }) => isUp && !doom);
}

/** An instance beside which another one is up and meant to stay so, or the shop would be closed most of the time. */
function dispensable(world) {
  const victim = nearest(world);
  const isSafe = ({ isUp, doom }) => isUp && !doom;
  return world.instances.some((other) => other !== victim && isSafe(other)) ? victim : undefined;
}

/** Whether the instance came to the seam, or died there, before the limit. */
async function reaches(victim, order) {
  victim.tell({ arm: order });
  const over = AbortSignal.timeout(REACHED_WITHIN_MS);
  const reached = once(victim, 'reached', { signal: over }).then(() => true);
  const died = once(victim, 'died', { signal: over }).then(() => false);
  const result = await Promise.race([reached, died]).catch(() => undefined);
  if (result === undefined) victim.tell({ disarm: order.seam });
  return result;
}
