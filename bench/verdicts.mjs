/**
 * @typedef {import('./rounds.mjs').Result} Result
 * @typedef {'limit' | 'best peer' | 'best peer that gives both'} Opponent
 * @typedef {{ figure: string, atLeast?: number, atMost?: number, than?: Opponent }} Bar a ratio to the opponent's figure;
 *   without an opponent the figure itself, the worst one of what is not compared with anything
 * @typedef {{ title: string, what: string, results: Result[], bars: Bar[], note?: string }} Comparison
 * @typedef {{ figure: string, bar: string, value?: number, met?: boolean }} Verdict `met` is undefined where nothing could
 *   be compared
 */

/** @param {Comparison} comparison @returns {Verdict[]} */
export function verdicts({ results, bars }) {
  const measured = results.filter((result) => result.figures);
  return bars.map((bar) => (bar.than ? againstOpponent(measured, bar) : absolute(measured, bar)));
}

/** What each result's figure is to Aftercommit's. */
export function ratio(results, result, figure) {
  const own = ownOf(results);
  return own ? result.figures[figure].median / own.figures[figure].median : undefined;
}

function againstOpponent(results, bar) {
  const opponent = opponentOf(results, bar);
  if (!opponent) return { figure: bar.figure, bar: `${limits(bar)} × the ${bar.than}, which is missing` };
  const value = medianOf(ownOf(results), bar) / medianOf(opponent, bar);
  return { figure: bar.figure, bar: `${limits(bar)} × ${opponent.name} (${bar.than})`, value, met: within(value, bar) };
}

function absolute(results, bar) {
  const values = results.filter(({ role }) => !role || role === 'own').map((result) => medianOf(result, bar));
  const value = bar.atMost === undefined ? Math.min(...values) : Math.max(...values);
  return { figure: bar.figure, bar: limits(bar), value, met: within(value, bar) };
}

function opponentOf(results, bar) {
  if (bar.than === 'limit') return results.find(({ role }) => role === 'limit');
  const both = bar.than === 'best peer that gives both';
  const peers = results.filter(
    ({ role, gives }) => role === 'peer' && (!both || (gives?.ordered && gives.exactlyOnce)),
  );
  const moreIsBetter = bar.atLeast !== undefined;
  return peers.toSorted((a, b) => (moreIsBetter ? -1 : 1) * (medianOf(a, bar) - medianOf(b, bar)))[0];
}

const ownOf = (results) => results.find(({ role }) => role === 'own');
const medianOf = (result, { figure }) => result.figures[figure].median;
const within = (value, { atLeast = -Infinity, atMost = Infinity }) => value >= atLeast && value <= atMost;

function limits({ atLeast, atMost }) {
  return atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
}
