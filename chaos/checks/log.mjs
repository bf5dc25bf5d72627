import { groupBy } from '../history.mjs';
import { none } from '../row.mjs';

/** Positions and the order of the log. @param {import('../history.mjs').History} history */
export function logRows({ log, run }) {
  return [
    none('log.gaps', 'gaps in positions, or positions used twice', {
      of: log.length,
      violations: gaps(log, run.floor),
    }),
    none('log.doubled', 'events in the log twice', { of: log.length, violations: doubled(log) }),
    reordered(log),
  ];
}

/** From the floor on, below which the log was dropped. */
function gaps(log, floor = 0) {
  const violations = [];
  let last = floor;
  for (const { position } of log) {
    if (position !== last + 1) violations.push(`position ${position} follows ${last}`);
    last = position;
  }
  return violations;
}

function doubled(log) {
  return [...groupBy(log, (event) => event.event_id)]
    .filter(([, events]) => events.length > 1)
    .map(([id, events]) => `event ${id} is at ${events.map(({ position }) => position).join(' and ')}`);
}

/** A version belongs to one transaction, and may have several events; versions without events leave none. */
function reordered(log) {
  const versioned = log.filter((event) => event.stream_version !== null);
  const newest = new Map();
  const violations = [];
  for (const { stream_type: type, stream_id: id, stream_version: version, position } of versioned) {
    const stream = `${type} ${id}`;
    const before = newest.get(stream);
    if (before?.version > version)
      violations.push(
        `${stream}: version ${version} at ${position}, after version ${before.version} at ${before.position}`,
      );
    else newest.set(stream, { version, position });
  }
  return none('log.reordered', 'events reordered within a stream', { of: versioned.length, violations });
}
