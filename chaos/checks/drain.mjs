import { none, number, verdictOn } from '../row.mjs';

const time = (instant) => new Date(instant).getTime();

/**
 * After the faults: nothing waits any more but what the future holds, and what failed says why.
 *
 * @param {import('../history.mjs').History} history
 */
export function drainRows(history) {
  return [backlog(history), withoutReason(history)];
}

function backlog({ drain, tables, log }) {
  const { outbox, consumer_status: consumers } = tables;
  const ended = time(drain.endedAt);
  const due = commandsIn(tables).filter((each) => each.history.length === 0 && time(each.due_at) <= ended);
  const behind = consumers.filter(({ lag }) => Number(lag) > 0);
  const violations = [
    ...(drain.drained ? [] : [`after ${seconds(drain)} s, the limit, not everything was done`]),
    ...outbox.map(({ id, type }) => `outbox ${id} (${type}) is not in the log`),
    ...behind.map(({ name, lag }) => `${name} is ${lag} events behind`),
    ...due.map(({ command_id: id, type, due_at: at }) => `${type} ${id} is due since ${at}`),
  ];
  const verdict = verdictOn(log.length, violations);
  const found = `${violations.length === 0 ? 'yes' : `${number(violations.length)} left`}, in ${seconds(drain)} s`;
  const column = 'after the faults end the backlog drains to nothing';
  return { id: 'drain.backlog', column, mustBe: 'yes', found, verdict, essential: true, violations };
}

/** Commands that recur are never done; others that are due later have not been tried yet. */
const commandsIn = ({ queued_command: commands }) =>
  commands.filter((each) => each.dead_at === null && !each.dedupe_key?.startsWith('recurring:'));

const seconds = ({ startedAt, endedAt }) => Math.round((time(endedAt) - time(startedAt)) / 1_000);

/** Dead letters, held messages, commands that failed; and what the shop itself shows as unfinished. */
function withoutReason({ tables, log }) {
  const { held_message: held, queued_command: commands } = tables;
  const heads = held.filter(({ dead_at: dead, next_attempt_at: next }) => dead !== null || next !== null);
  const keys = new Set(heads.map(({ consumer, park_key: key }) => `${consumer} ${key}`));
  const failed = commands.filter(({ dead_at: dead, history }) => dead !== null || history.length > 0);
  const silent = [
    ...heads.filter(hasNoReason).map(({ consumer, position }) => `${consumer} holds ${position}, without an error`),
    ...held
      .filter(({ consumer, park_key: key }) => !keys.has(`${consumer} ${key}`))
      .map(({ consumer, position }) => `${consumer} holds ${position}, behind nothing`),
    ...failed.filter(hasNoReason).map(({ command_id: id, type }) => `${type} ${id} is given up, without an error`),
    ...unfinished(tables),
  ];
  const dead = [...held, ...commands].filter((each) => each.dead_at !== null).length;
  return none('drain.reasons', 'things not done without a reason that is shown', {
    of: log.length,
    violations: silent,
    also: `${dead} dead letters, ${held.length + failed.length - dead} waiting for another attempt`,
  });
}

const hasNoReason = ({ history }) => !history.some(({ error }) => error);

/** A refund or a mail that nobody works on, and nobody is asked to look at. */
function unfinished({ refunds, notifications, queued_command: commands }) {
  const worked = new Set(commands.flatMap(({ payload }) => [payload.refundId, payload.notificationId]));
  return [
    ...refunds
      .filter(({ status, attention }) => ['requested', 'processing'].includes(status) && attention === null)
      .filter(({ id }) => !worked.has(id))
      .map(({ id, status }) => `refund ${id} is ${status}, and nothing works on it`),
    ...notifications
      .filter(({ id, status }) => status === 'pending' && !worked.has(id))
      .map(({ dedupe_key: cause }) => `mail ${cause} is pending, and nothing works on it`),
  ];
}
