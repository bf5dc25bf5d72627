import { setTimeout as pause } from 'node:timers/promises';

const MET_WITHIN_MS = 8_000;
const BACKENDS = {
  any: `state is not null`,
  sequencer: `query like '%sequence_outbox%'`,
  listener: `query ilike 'listen %'`,
};
/** Half of all faults meet refunds: there the gateway may do twice what was to be done once. */
const GATEWAY_OPERATIONS = [
  'refunds.create',
  'refunds.create',
  'refunds.create',
  'refunds.create',
  'refunds.create',
  'payment_intents.create',
  'payment_intents.retrieve',
  'payment_intents.cancel',
  'refunds.list',
  'refunds.retrieve',
];
const GATEWAY_FAULTS = [
  { fault: 'rate_limited', times: 3 },
  { fault: 'unavailable', times: 3 },
  { fault: 'error_without_effect', times: 1 },
  { fault: 'error_after_effect', times: 1 },
  // The client's library repeats the call once by itself.
  { fault: 'answer_dropped', times: 2 },
  // Nor do webhooks come through, which would tell of a refund before it is asked for again.
  { fault: 'answer_dropped', times: 6, silentMs: MET_WITHIN_MS },
  { fault: 'answer_dropped', times: 6, silentMs: MET_WITHIN_MS },
  // Longer than the service waits.
  { fault: 'slow', times: 2, delayMs: 4_500 },
  { fault: 'slow', times: 4, delayMs: 1_500 },
];
const MAIL_FAULTS = [
  { what: 'refuse', code: 451 },
  { what: 'refuse', code: 451 },
  { what: 'refuse', code: 550 },
  { what: 'drop' },
  { what: 'drop' },
];

/** Faults of what the service stands on. Each draws all of its chances before it first waits. */
export const surroundingFaults = {
  terminate: async ({ random, observer, record }) => {
    const target = random.pick(['any', 'any', 'sequencer', 'listener']);
    const [count, salt] = [random.between(1, 6), String(random.next())];
    const [{ ended }] = await observer.query(
      `select count(*) filter (where pg_terminate_backend(pid))::int as ended from (
         select pid from pg_stat_activity where application_name = 'aftercommit' and ${BACKENDS[target]}
          order by state = 'active' desc, md5(pid || $1) limit $2) chosen`,
      [salt, target === 'any' ? count : 1],
    );
    if (ended > 0) record({ kind: 'terminate', target, backends: ended });
  },

  cancel: async ({ random, observer, record }) => {
    const [count, salt] = [random.between(1, 4), String(random.next())];
    // What is active is active for a moment only: look until there is one.
    for (const until = Date.now() + MET_WITHIN_MS; Date.now() < until; await pause(5)) {
      const [{ canceled }] = await observer.query(
        `select count(*) filter (where pg_cancel_backend(pid))::int as canceled from (
           select pid from pg_stat_activity where application_name = 'aftercommit' and state = 'active'
            order by md5(pid || $1) limit $2) chosen`,
        [salt, count],
      );
      if (canceled > 0) return void record({ kind: 'cancel', target: 'active', statements: canceled });
    }
  },

  lock: async ({ random, observer, record }) => {
    const table = random.pick(['outbox', 'consumer_progress', 'queued_command', 'held_message']);
    const ms = random.pick([1_000, 6_000, 6_000]);
    await observer.transaction(async (client) => {
      await client.query(`set local lock_timeout = '5s'; lock table messaging.${table} in access exclusive mode`);
      record({ kind: 'lock', target: table, ms });
      await pause(ms);
    });
  },

  sequencer: async ({ random, observer, record }) => {
    const ms = random.between(300, 2_000);
    await observer.transaction(async (client) => {
      await client.query(`select pg_advisory_xact_lock(hashtext('messaging.sequence_outbox'))`);
      record({ kind: 'sequencer', target: 'lock', ms });
      await pause(ms);
    });
  },

  crash: async (world) => {
    const downMs = world.random.between(0, 3_000);
    if (world.crashing) return;
    world.crashing = true;
    world.record({ kind: 'crash', target: 'postgres', ms: downMs });
    await world.postgres.crash();
    await pause(downMs);
    await world.postgres.start();
    world.crashing = false;
  },

  reset: async ({ random, instances, record }) => {
    const { proxy, name } = random.pick(instances);
    const share = random.pick([0.2, 0.5, 1]);
    const connections = proxy.reset(() => random.chance(share));
    if (connections > 0) record({ kind: 'reset', target: name, connections });
  },

  mute: async (world) => {
    const breaks = world.random.chance(0.6);
    const proxy = await weather(world, 'mute', { mute: true }, world.random.between(500, 12_000));
    if (proxy && breaks) proxy.reset();
  },

  slow: (world) =>
    weather(world, 'slow', { delayMs: world.random.pick([20, 50, 150, 400]) }, world.random.between(2_000, 6_000)),

  throttle: (world) =>
    weather(
      world,
      'throttle',
      { bytesPerSecond: world.random.pick([4_000, 20_000, 60_000]) },
      world.random.between(2_000, 5_000),
    ),

  'lose-commit': (world) => loseCommit(world, 'lose-commit', 'statement'),
  'lose-answer': (world) => loseCommit(world, 'lose-answer', 'answer'),

  gateway: async ({ random, gateway, front, record }) => {
    const operation = random.pick(GATEWAY_OPERATIONS);
    const { silentMs = 0, ...fault } = random.pick(GATEWAY_FAULTS);
    if (!(await gateway.script({ operation, ...fault }))) return;
    record({ kind: 'gateway', target: operation, operation, ...fault, silentMs });
    if (silentMs > 0) front.keepSilent('refund.', silentMs);
  },

  'gateway-stall': async ({ random, gateway, record }) => {
    const ms = random.between(2_000, 8_000);
    if (gateway.isStopped) return;
    record({ kind: 'gateway-stall', target: 'gateway', ms });
    await gateway.stall(ms);
  },

  webhook: async ({ random, front, record }) => {
    const what = random.pick(['dropped', 'doubled', 'doubled', 'delayed', 'reordered', 'reordered']);
    const [ms, times] = [
      random.between(100, 6_000),
      what === 'reordered' ? random.between(2, 5) : random.between(1, 3),
    ];
    const met = await Promise.all(Array.from({ length: times }, () => front.fault({ what, ms }, MET_WITHIN_MS)));
    const webhooks = met.filter(Boolean).length;
    if (webhooks > 0) record({ kind: 'webhook', target: what, webhooks, ms });
  },

  mail: async ({ random, mail, record }) => {
    const fault = random.pick(MAIL_FAULTS);
    if (await mail.fault(fault, MET_WITHIN_MS))
      record({ kind: 'mail', target: [fault.what, fault.code].join(' ').trim() });
  },
};

/** One instance's connections meet it for a while; undefined where they are meeting something else. */
async function weather({ random, instances, record }, kind, conditions, ms) {
  const { proxy, name } = random.pick(instances);
  if (proxy.hasWeather) return undefined;
  record({ kind, target: name, ...conditions, ms });
  proxy.weather = conditions;
  await pause(ms);
  proxy.weather = {};
  return proxy;
}

async function loseCommit({ random, instances, record }, kind, what) {
  const { proxy, name } = random.pick(instances);
  if (await proxy.loseCommit(what, MET_WITHIN_MS)) record({ kind, target: name });
}
