import { groupBy } from '../history.mjs';
import { none } from '../row.mjs';

/** Consumers that write something for every event, where it can be seen, and the projection that shows an order's past. */
const WITNESSES = ['chaos.witness', 'chaos.witness-batched'];
const PROJECTION = 'order.timeline';

/**
 * What consumers wrote: one effect for each event of their types that they have come to, in the order of its stream. An event
 * that is held, or a dead letter, has none yet.
 *
 * @param {import('../history.mjs').History} history
 */
export function effectRows(history) {
  const seen = [...WITNESSES.map((name) => witness(history, name)), projection(history)];
  return [
    none('effects.missing', 'database effects missing', { ...together(seen, missing), essential: true }),
    none('effects.doubled', 'database effects doubled', together(seen, doubled)),
    none(
      'effects.reordered',
      'database effects reordered within a stream',
      together(seen.filter(isOrdered), reordered),
    ),
    none('effects.groundless', 'database effects of no event', together(seen, groundless)),
  ];
}

/** `ordered`: whether the order of its effects is on record. */
function witness(history, name) {
  const effects = history.effects.filter(({ consumer }) => consumer === name);
  return { name, effects, ordered: true, expected: expectedOf(history, name), history };
}

/** Stock is also allocated for orders of others, which have no timeline. */
function projection(history) {
  const ours = new Set(history.tables.orders.map(({ id }) => id));
  const expected = expectedOf(history, PROJECTION).filter(({ payload }) => ours.has(payload.orderId));
  return { name: PROJECTION, effects: history.tables.timeline, ordered: false, expected, history };
}

function expectedOf(history, name) {
  const consumer = history.tables.consumer.find((each) => each.name === name);
  if (!consumer) return [];
  const { types, start_position: start } = consumer;
  const end = reachedBy(history, name);
  const held = history.heldBy(name);
  return history.log.filter(
    ({ type, position }) =>
      position > start && position <= end && !held.has(position) && (types?.includes(type) ?? true),
  );
}

/** How far it says that it has come: what it is behind by is told of as backlog, and is not lost. */
function reachedBy(history, name) {
  const { lag, position } = history.tables.consumer_status.find((status) => status.name === name) ?? {};
  return lag > 0 ? position : Infinity;
}

const isOrdered = ({ ordered }) => ordered;

/** One row for all consumers; which of them it was is said with each violation. One that did nothing shows nothing. */
function together(seen, find) {
  const found = seen.map((each) => ({ ...find(each), name: each.name }));
  return {
    of: found.some((each) => each.of === 0) ? 0 : found.reduce((sum, each) => sum + each.of, 0),
    violations: found.flatMap(({ name, violations }) => violations.map((violation) => `${name}: ${violation}`)),
    also: found.map(({ name, violations }) => `${name} ${violations.length}`).join(', '),
  };
}

function missing({ expected, effects }) {
  const done = new Set(effects.map((effect) => effect.event_id));
  const left = expected.filter((event) => !done.has(event.event_id));
  return { of: expected.length, violations: left.map((event) => `none of ${named(event)}`) };
}

function doubled({ effects, history }) {
  const several = [...groupBy(effects, (effect) => effect.event_id)].filter(([, same]) => same.length > 1);
  const violations = several.map(([id, same]) => {
    const instances = [...new Set(same.map(({ instance }) => instance))];
    return `${same.length} of ${named(history.event(id) ?? same[0])}, by ${instances.join(' and ')}`;
  });
  return { of: effects.length, violations };
}

/** By the first effect of each event: that it has a second one is said elsewhere. */
function reordered({ effects, history }) {
  const newest = new Map();
  const done = new Set();
  const violations = [];
  for (const { event_id: id } of effects) {
    const event = history.event(id);
    if (!event || event.stream_id === null || done.has(id)) continue;
    done.add(id);
    const stream = `${event.stream_type} ${event.stream_id}`;
    const before = newest.get(stream);
    if (before?.position > event.position) violations.push(`${named(event)} came after ${named(before)}`);
    else newest.set(stream, event);
  }
  return { of: done.size, violations };
}

function groundless({ effects, history }) {
  const violations = effects
    .filter(({ event_id: id }) => !history.event(id))
    .map(({ event_id: id, position }) => `event ${id}, which was at position ${position}`);
  return { of: effects.length, violations };
}

function named({ type, position, stream_type: streamType, stream_id: streamId }) {
  return `${type ?? 'an event'} at ${position}${streamId ? ` (${streamType} ${streamId})` : ''}`;
}
