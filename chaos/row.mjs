/**
 * @typedef {'ok' | 'violated' | 'nothing shown'} Verdict
 * @typedef {{ id: string, column: string, mustBe: string, found: string, verdict: Verdict, essential: boolean,
 *   violations: string[] }} Row one line of the table; `violations` says what is wrong, one sentence each
 */

/**
 * A row that counts what must not be. Where there was nothing to look at it shows nothing, which is no success.
 *
 * @param {string} id names the row for programs
 * @param {string} column and for people
 * @param {{ of: number, violations: string[], also?: string, essential?: boolean }} counted `of` is how many things were
 *   looked at
 * @returns {Row}
 */
export function none(id, column, { of, violations, also, essential = false }) {
  const found = `${number(violations.length)} of ${number(of)}${also ? `; ${also}` : ''}`;
  return { id, column, mustBe: '0', found, verdict: verdictOn(of, violations), essential, violations };
}

/** @returns {Verdict} */
export function verdictOn(looked, violations) {
  if (violations.length > 0) return 'violated';
  return looked === 0 ? 'nothing shown' : 'ok';
}

export const number = (value) => value.toLocaleString('en');
