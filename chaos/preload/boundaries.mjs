import pg from 'pg';
import { built } from './built.mjs';
import { act, reach, take, tell } from './seams.mjs';

/** Methods behind which a seam lies: what they did has happened, and nobody has made anything of it yet. */
const AFTER = {
  'lease-read': ['messaging/leases.js', 'Leases', ['tick']],
  sequenced: ['messaging/sequencer.js', 'Sequencer', ['run']],
  'log-read': ['messaging/event-log.js', 'EventLog', ['read']],
  'command-leased': ['messaging/command-table.js', 'CommandTable', ['lease']],
  'gateway-answered': [
    'refund/infrastructure/stripe-gateway.js',
    'StripeGateway',
    ['refund', 'openIntent', 'cancelIntent'],
  ],
  'mail-taken': ['notification/infrastructure/smtp-mailer.js', 'SmtpMailer', ['send']],
};

/** Methods before which one lies: the effects are written, and neither progress nor events nor COMMIT are sent. */
const BEFORE = { 'effects-written': ['messaging/transaction.js', 'Transaction', ['commit']] };

export async function wrapBoundaries() {
  for (const [seam, place] of Object.entries(AFTER)) await wrap(place, (call) => after(seam, call));
  for (const [seam, place] of Object.entries(BEFORE)) await wrap(place, (call) => before(seam, call));
  await wrap(['messaging/leases.js', 'Leases', ['tick']], tellingWho);
  wrapCommit();
}

/** A boundary that is not there any more must not pass for one where nothing happened. */
async function wrap([path, className, methods], wrapping) {
  const { prototype } = (await built(path))[className];
  for (const method of methods) {
    const call = prototype[method];
    if (typeof call !== 'function') throw new Error(`${className} has no ${method}: the seam there is gone.`);
    prototype[method] = wrapping(call);
  }
}

function after(seam, call) {
  return async function (...args) {
    const result = await call.apply(this, args);
    await reach(seam);
    return result;
  };
}

function before(seam, call) {
  return async function (...args) {
    await reach(seam);
    return call.apply(this, args);
  };
}

/** The harness must know which leases are whose. */
function tellingWho(call) {
  let told = false;
  return function (...args) {
    if (!told) void tell({ instance: this.settings.instance });
    told = true;
    return call.apply(this, args);
  };
}

/**
 * Three seams around COMMIT: everything before it was sent and it was not; it was sent and has no answer; it is
 * answered.
 */
function wrapCommit() {
  const query = Reflect.get(pg.Client.prototype, 'query');
  pg.Client.prototype.query = function (...args) {
    if (args[0] !== 'COMMIT' || typeof args.at(-1) === 'function') return query.apply(this, args);
    const unsent = take('commit-unsent');
    if (unsent) return act(unsent).then(() => query.apply(this, args));
    const answer = query.apply(this, args);
    const sent = take('commit-sent');
    // Whoever sends COMMIT lets it leave later in this turn.
    if (sent) setImmediate(() => void act(sent));
    return answer.then(async (result) => {
      await reach('commit-answered');
      return result;
    });
  };
}
