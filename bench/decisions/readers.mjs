import { append } from './load.mjs';

const OLDEST = 'xid < pg_snapshot_xmin(pg_current_snapshot())';

/** A reader of plain rows, by the rows' condition and order; `next` is where it goes on after a page. */
const ofTable = (where, order, next, { first = 0, ...rest } = {}) => ({
  first: async () => first,
  page: (place) => ({
    text: `select xid::text, id, stream, number from event ${where} order by ${order}`,
    values: [place].flat(),
  }),
  next,
  event: (stream, number) => ({ text: 'insert into event (stream, number) values ($1, $2)', values: [stream, number] }),
  all: async (client) => (await client.query('select stream, number from event')).rows,
  ...rest,
});
const lastId = (place, rows) => rows.at(-1)?.id ?? place;
const inLog = 'select position::int as id, stream_id::int as stream, stream_version as number from core.event_log';

/** The ways to remember how far one has read the events that others commit. */
export const READERS = {
  sequencer: {
    first: async (client) =>
      (await client.query('select coalesce(max(position), 0)::int as id from core.event_log')).rows[0].id,
    prepare: 'select core.sequence_outbox(1000)',
    page: (place) => ({ text: `${inLog} where position > $1 order by position`, values: [place] }),
    next: lastId,
    event: (stream, number) => append('core', stream, number),
    all: async (client, first) => (await client.query(`${inLog} where position > $1`, [first])).rows,
  },
  'id > last': ofTable('where id > $1', 'id', lastId),
  'id > last, serializable': ofTable('where id > $1', 'id', lastId, { isolation: 'serializable' }),
  'id > last, below the oldest transaction': ofTable(`where id > $1 and ${OLDEST}`, 'id', lastId),
  '(xid, id) > last, below the oldest transaction': ofTable(
    `where (xid, id) > ($1::xid8, $2) and ${OLDEST}`,
    'xid, id',
    (place, rows) => (rows.length > 0 ? [rows.at(-1).xid, rows.at(-1).id] : place),
    { first: ['0', 0] },
  ),
  'offset by count': ofTable('', 'id offset $1', (place, rows) => place + rows.length),
};
