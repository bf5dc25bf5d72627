import type { ClosingStatement, Unit } from './unit.js';
import type { EncodedCommand, EncodedEvent } from './encode.js';

/** The last statements of a unit of work: its commands, then its events. */
export function outgoing(schema: string, { commands, events }: Pick<Unit, 'commands' | 'events'>): ClosingStatement[] {
  const statements: ClosingStatement[] = [];
  if (commands.length > 0) statements.push(storeCommands(schema, commands));
  if (events.length > 0)
    statements.push(
      appendEvents(
        schema,
        events.map((event) => event.encoded),
      ),
    );
  return statements;
}

/**
 * Stores all events of a unit of work as one INSERT. It must be the unit's last statement: outbox ids are drawn after
 * every row lock is held, so that their order is the order in which aggregates changed.
 */
function appendEvents(schema: string, events: readonly EncodedEvent[]): ClosingStatement {
  const personal = events.filter((event) => event.personal);
  if (personal.length > 0) return appendWithPersonal(schema, events, personal);
  return events.length === 1 ? appendOne(schema, events[0]!) : appendMany(schema, events);
}

const COLUMNS = `event_id, stream_type, stream_id, stream_version, partition, type, schema_version, payload, headers,
                 occurred_at`;

/** The usual case; `unnest` of ten arrays takes a quarter longer for a single row. */
function appendOne(schema: string, event: EncodedEvent): ClosingStatement {
  return {
    name: `${schema}.append-one`,
    text: `insert into ${schema}.outbox (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    values: rowOf(event),
  };
}

function appendMany(schema: string, events: readonly EncodedEvent[]): ClosingStatement {
  const rows = events.map(rowOf);
  return {
    name: `${schema}.append`,
    text: `
    insert into ${schema}.outbox (${COLUMNS})
    select * from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::smallint[], $6::text[], $7::smallint[],
                         $8::jsonb[], $9::jsonb[], $10::timestamptz[])`,
    values: rows[0]!.map((_, column) => rows.map((row) => row[column])),
  };
}

/** The personal fields are written with the events, by the same statement: the append stays the last one. */
function appendWithPersonal(
  schema: string,
  events: readonly EncodedEvent[],
  personal: readonly EncodedEvent[],
): ClosingStatement {
  const { text, values } = appendMany(schema, events);
  return {
    name: `${schema}.append-personal`,
    text: `
    with personal as (
      insert into ${schema}.event_personal (event_id, subject_id, data)
      select * from unnest($11::uuid[], $12::text[], $13::jsonb[]))${text}`,
    values: [
      ...values!,
      personal.map((event) => event.id),
      personal.map((event) => event.personal!.subjectId),
      personal.map((event) => event.personal!.data),
    ],
  };
}

function rowOf(event: EncodedEvent): unknown[] {
  const { id, stream, partition, type, version, payload, headers, occurredAt } = event;
  const { type: streamType = null, id: streamId = null, version: streamVersion = null } = stream ?? {};
  return [id, streamType, streamId, streamVersion, partition, type, version, payload, headers, occurredAt];
}

/** Stores commands for the workers; one whose dedupe key is taken already is dropped. */
function storeCommands(schema: string, commands: readonly EncodedCommand[]): ClosingStatement {
  return {
    name: `${schema}.store-commands`,
    text: `
    insert into ${schema}.queued_command (command_id, type, schema_version, payload, headers, key, stream_type, stream_id,
                                          due_at, dedupe_key)
    select * from unnest($1::uuid[], $2::text[], $3::smallint[], $4::jsonb[], $5::jsonb[], $6::text[], $7::text[],
                         $8::text[], $9::timestamptz[], $10::text[])
    on conflict (dedupe_key) do nothing`,
    values: [
      commands.map((command) => command.id),
      commands.map((command) => command.type),
      commands.map((command) => command.version),
      commands.map((command) => command.payload),
      commands.map((command) => command.headers),
      commands.map((command) => command.key ?? null),
      commands.map((command) => command.stream?.type ?? null),
      commands.map((command) => command.stream?.id ?? null),
      commands.map((command) => command.dueAt),
      commands.map((command) => command.dedupeKey ?? null),
    ],
  };
}
