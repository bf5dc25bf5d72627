import { groupBy } from '../history.mjs';
import { none, number, verdictOn } from '../row.mjs';

/** How long the lanes of an instance that was killed may stand still. */
const MOST_SECONDS = 30;

const time = (instant) => new Date(instant).getTime();

/** What was done to the system, and how soon it went on. @param {import('../history.mjs').History} history */
export function faultRows(history) {
  return [injected(history), recovered(history)];
}

function injected({ faults }) {
  const kinds = [...groupBy(faults, ({ kind }) => kind)].map(([kind, same]) => `${kind} ${same.length}`);
  const found = [number(faults.length), ...(kinds.length > 0 ? [kinds.join(', ')] : [])].join(': ');
  const verdict = verdictOn(faults.length, []);
  return { id: 'faults', column: 'faults', mustBe: 'some', found, verdict, essential: true, violations: [] };
}

function recovered({ faults, recoveries }) {
  const byFault = new Map(recoveries.map((recovery) => [recovery.fault, recovery]));
  const kills = faults.filter(({ kills: instance }) => instance !== undefined);
  const violations = kills.flatMap(({ id, kills: instance }) => {
    const recovery = byFault.get(id);
    if (!recovery) return [`the recovery from fault ${id}, which killed ${instance}, was not measured`];
    if (recovery.recoveredAt === null) return [`the lanes of ${instance}, killed by fault ${id}, never ran again`];
    const took = secondsOf(recovery);
    return took > MOST_SECONDS ? [`the lanes of ${instance}, killed by fault ${id}, ran again after ${took} s`] : [];
  });
  const longest = Math.max(0, ...recoveries.filter(({ recoveredAt }) => recoveredAt !== null).map(secondsOf));
  const row = none('recovery', 'recoveries from kill -9 that took longer than 30 s', { of: kills.length, violations });
  return { ...row, found: `${row.found}; the longest took ${longest.toFixed(1)} s` };
}

const secondsOf = ({ at, recoveredAt }) => (time(recoveredAt) - time(at)) / 1_000;
