import type { UnitOfWork } from './unit-of-work.js';

/** Shorter texts, such as a country's code, tell of nobody, and stand in many an error. */
const SHORTEST = 3;
const ERASED = '(erased)';
/** Values in one pattern: PostgreSQL refuses one that is too complex, as some hundred long texts together are. */
const VALUES_AT_ONCE = 20;

/**
 * What is known here of persons: the fields of events that are declared `personal`. They lie apart from the log, and are
 * gone for every reader once they are erased, so those fields must be optional in their schemas.
 */
export class PersonalData {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly schema: string,
  ) {}

  /**
   * Deletes the personal fields of every event about a person, those of events without a position too, in the current
   * unit of work. Failed messages and commands carry none, but their errors may quote some: there each is replaced where
   * it stands as a word of its own. `known` are values to look for besides those of the events, of which the log's
   * retention may have dropped some.
   */
  async erase(subjectId: string, known: readonly string[] = []): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      const [told] = await manager.query<[{ values: string[] }]>(
        `with gone as (delete from ${this.schema}.event_personal where subject_id = $1 returning data)
         select coalesce(array_agg(distinct value #>> '{}'), '{}') as values
           from gone, jsonb_path_query(gone.data, '$.**') value where jsonb_typeof(value) = 'string'`,
        [subjectId],
      );
      for (const pattern of patternsOf([...told.values, ...known])) {
        for (const statement of this.redactions()) await manager.query(statement, [pattern, ERASED]);
      }
    });
  }

  private redactions(): string[] {
    const histories = ['held_message', 'queued_command', 'discarded_message'].map(
      (table) => `
      update ${this.schema}.${table} set history = (
        select jsonb_agg(entry || jsonb_strip_nulls(jsonb_build_object(
                 'error', regexp_replace(entry ->> 'error', $1, $2, 'gi'),
                 'stack', regexp_replace(entry ->> 'stack', $1, $2, 'gi'))) order by n)
          from jsonb_array_elements(history) with ordinality each (entry, n))
       where exists (select 1 from jsonb_array_elements(history) entry
                      where entry ->> 'error' ~* $1 or entry ->> 'stack' ~* $1)`,
    );
    const reasons = `
      update ${this.schema}.discarded_message set reason = regexp_replace(reason, $1, $2, 'gi') where reason ~* $1`;
    return [...histories, reasons];
  }
}

/** Longer ones first, or a first name would leave the rest of a mail address behind. */
function patternsOf(values: readonly string[]): string[] {
  const wanted = [...new Set(values)].filter((value) => value.length >= SHORTEST).sort((a, b) => b.length - a.length);
  const literals = wanted.map((value) => value.replaceAll(/[^\p{L}\p{N}\s]/gu, String.raw`\$&`));
  return chunksOf(literals).map((chunk) => String.raw`(?<!\w)(?:${chunk.join('|')})(?!\w)`);
}

function chunksOf(values: readonly string[]): (readonly string[])[] {
  const starts = Array.from({ length: Math.ceil(values.length / VALUES_AT_ONCE) }, (_, i) => i * VALUES_AT_ONCE);
  return starts.map((start) => values.slice(start, start + VALUES_AT_ONCE));
}
