import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The dumps that a run must have; history.md says of which schema. */
export const TABLES = (
  'outbox queued_command held_message consumer consumer_status orders timeline products batches lines ' +
  'payments refunds owed customers purchases notifications'
).split(' ');

/** A folder that isn't the record of a run. */
export class UnreadableHistory extends Error {}

/**
 * @typedef {Record<string, any>} Line
 * @typedef {{ id: string, at: number | string, status?: number, told?: any, code?: string }} Attempt
 * @typedef {{ id: string, op: string, subject: Line, attempts: Attempt[] }} Request
 * @typedef {{ run: Line, drain: Line, gateway: Line, clients: Line[], faults: Line[], recoveries: Line[], log: Line[],
 *   effects: Line[], mailbox: Line[], tables: Record<string, Line[]> }} RunRecord what a run's folder holds
 */

/** @param {string} folder @returns {History} */
export function readHistory(folder) {
  const json = (name) => parse(read(folder, name), name);
  const lines = (name) => parseLines(read(folder, name), name);
  return new History({
    run: json('run.json'),
    drain: json('drain.json'),
    gateway: json('gateway.json'),
    clients: clientFiles(folder).flatMap((name) => parseLines(read(folder, name), name, true)),
    faults: lines('faults.jsonl'),
    recoveries: lines('recoveries.jsonl'),
    log: lines('log.jsonl'),
    effects: lines('effects.jsonl'),
    mailbox: lines('mailbox.jsonl'),
    tables: Object.fromEntries(TABLES.map((name) => [name, lines(`tables/${name}.jsonl`)])),
  });
}

/** What a run recorded, with the look-ups that several checks need. */
export class History {
  #byType;
  #byId;
  #requests;

  /** @param {RunRecord} record */
  constructor(record) {
    for (const name of TABLES) if (!record.tables[name]) throw new UnreadableHistory(`There is no table ${name}.`);
    const { run, drain, gateway, faults, recoveries, effects, mailbox, tables } = record;
    Object.assign(this, { run, drain, faults, recoveries, mailbox, tables });
    this.gateway = { intents: [], refunds: [], disputes: [], ...gateway };
    this.log = record.log.toSorted((a, b) => a.position - b.position);
    this.effects = effects.toSorted((a, b) => a.seq - b.seq);
    this.#byType = groupBy(this.log, ({ type }) => type);
    this.#byId = new Map(this.log.map((event) => [event.event_id, event]));
    this.#requests = requestsOf(record.clients);
  }

  /** @returns {Request[]} */
  get requests() {
    return this.#requests;
  }

  /** The events of these types, by position. */
  events(...types) {
    if (types.length === 1) return this.#byType.get(types[0]) ?? [];
    return types.flatMap((type) => this.events(type)).toSorted((a, b) => a.position - b.position);
  }

  event(id) {
    return this.#byId.get(id);
  }

  /** The positions of events that a consumer has not handled yet, or given up: they are shown, and have no effect. */
  heldBy(consumer) {
    const held = this.tables.held_message.filter((message) => message.consumer === consumer);
    return new Set(held.map(({ position }) => position));
  }
}

/** As `Map.groupBy`, which Node 20 lacks. */
export function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (groups.has(key)) groups.get(key).push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** @returns {Request[]} */
function requestsOf(lines) {
  const requests = new Map();
  const attempts = new Map();
  for (const { kind, at, request, attempt, op, subject } of lines) {
    if (kind !== 'sent') continue;
    const known = requests.get(request) ?? { id: request, op, subject, attempts: [] };
    requests.set(request, known);
    known.attempts.push({ id: attempt, at });
    attempts.set(attempt, known.attempts.at(-1));
  }
  for (const { kind, attempt, status, told, code } of lines) {
    if (kind !== 'answered') continue;
    if (!attempts.has(attempt)) throw new UnreadableHistory(`Attempt ${attempt} was answered and never sent.`);
    Object.assign(attempts.get(attempt), { status, told, code });
  }
  return [...requests.values()];
}

function clientFiles(folder) {
  try {
    const names = readdirSync(join(folder, 'clients')).filter((name) => name.endsWith('.jsonl'));
    return names.toSorted().map((name) => `clients/${name}`);
  } catch (error) {
    throw new UnreadableHistory(`${folder}/clients: ${error.message}`);
  }
}

function read(folder, name) {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch (error) {
    throw new UnreadableHistory(`${name}: ${error.message}`);
  }
}

function parseLines(text, name, mayBeCut = false) {
  const lines = text.split('\n');
  const unfinished = lines.pop();
  if (unfinished !== '' && !mayBeCut) lines.push(unfinished);
  return lines.map((line, index) => parse(line, `${name}:${index + 1}`));
}

function parse(text, place) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnreadableHistory(`${place}: ${error.message}`);
  }
}
