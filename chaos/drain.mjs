import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 1_000;
/** What one thing leads to shows up within this many looks. */
const QUIET_LOOKS = 2;

/** What is still to be done; commands that recur, or wait for a day that comes later, are not. */
const LEFT = `
  with waiting as (
    select type from messaging.queued_command
     where dead_at is null and coalesce(dedupe_key, '') not like 'recurring:%'
       and (due_at < now() + interval '1 minute' or history <> '[]'))
  select (select count(*) from messaging.outbox)::int as outbox,
         (select coalesce(sum(lag), 0) from messaging.consumer_status)::int as events,
         (select count(*) from messaging.held_message where dead_at is null)::int as held,
         (select count(*) from waiting)::int as commands,
         (select string_agg(distinct type, ', ') from waiting) as types,
         (select count(*) from refund.refunds
           where status in ('requested', 'processing', 'pending') and attention is null)::int as refunds`;

/**
 * Waits until everything that was begun is done, or given up with a reason.
 *
 * @param {import('./world.mjs').World} world
 * @param {(left: Record<string, number>, types: string) => void} say what is left, and of which types the commands are
 */
export async function drain({ observer, gateway, front, recoveries, options }, say) {
  const startedAt = new Date();
  const deadline = startedAt.getTime() + options.drain * 1_000;
  let left = {};
  for (let quiet = 0; quiet < QUIET_LOOKS && Date.now() < deadline; await pause(LOOK_EVERY_MS)) {
    const [{ types, ...counts }] = await observer.query(LEFT);
    left = { ...counts, webhooks: front.pending + gateway.undelivered, recoveries: recoveries.open };
    quiet = isNothing(left) ? quiet + 1 : 0;
    if (quiet === 0) say(left, types);
  }
  recoveries.giveUp();
  return { startedAt, endedAt: new Date(), drained: isNothing(left), limitSeconds: options.drain, left };
}

const isNothing = (left) => Object.values(left).every((count) => count === 0);
