export interface Page<T> {
  data: readonly T[];
  nextCursor: string | null;
}

/** Of rows that were asked for with one more than fits: it tells whether there is a next page. */
export function pageOf<T extends { id: string }>(rows: readonly T[], limit: number): Page<T> {
  const data = rows.slice(0, limit);
  return { data, nextCursor: rows.length > limit ? (data.at(-1)?.id ?? null) : null };
}
