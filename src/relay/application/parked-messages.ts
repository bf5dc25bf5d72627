import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/domain-error.js';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.js';
import { ParkedMessageNotFound } from './errors.js';
import type { IncomingMessage } from './incoming-message.js';

/** Why it was parked, what operators did, and what came of it. */
export interface ParkedHistoryEntry {
  readonly at: string;
  readonly action: 'parked' | 'retried' | 'discarded';
  readonly actor?: string;
  readonly reason: string;
}

export interface ParkedMessage {
  readonly id: string;
  readonly source: string;
  readonly messageId: string | null;
  readonly type: string | null;
  readonly reason: string;
  readonly parkedAt: Date;
}

export interface ParkedMessageDetails extends ParkedMessage {
  readonly contentType: string | null;
  readonly correlationId: string | null;
  readonly headers: object;
  /** As text; in base64 where it is no UTF-8. */
  readonly body: string;
  readonly bodyEncoding: 'utf-8' | 'base64';
  readonly history: readonly ParkedHistoryEntry[];
}

const COLUMNS = /* sql */ `id::text, source, message_id as "messageId", type, history -> -1 ->> 'reason' as reason,
  parked_at as "parkedAt"`;
const DETAILS = /* sql */ `${COLUMNS}, content_type as "contentType", correlation_id as "correlationId", headers, body, history`;

type Row = ParkedMessage & Omit<ParkedMessageDetails, 'body'> & { readonly body: Buffer };

/** Messages from outside that could not be carried out: kept whole, until an operator retries or discards them. */
@Injectable()
export class ParkedMessages {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  async add(message: IncomingMessage, error: unknown): Promise<void> {
    const { source, messageId, type, correlationId, contentType, headers, body } = message;
    await this.dataSource.query(
      `insert into relay.parked_messages
         (source, message_id, type, correlation_id, content_type, headers, body, parked_at, history)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        ...[source, messageId, type, correlationId, contentType].map(storable),
        JSON.stringify(headers),
        body,
        this.clock.now(),
        this.entry('parked', error),
      ],
    );
  }

  async list({ cursor, limit }: PageRequest): Promise<Page<ParkedMessage>> {
    const rows = await this.dataSource.query<ParkedMessage[]>(
      `select ${COLUMNS} from relay.parked_messages
        where discarded_at is null and ($1::bigint is null or id < $1) order by id desc limit $2`,
      [cursor ?? null, limit + 1],
    );
    return pageOf(rows, limit, ({ id }) => id);
  }

  async get(id: string): Promise<ParkedMessageDetails> {
    const { body, ...row } = await this.find(id, '');
    return { ...row, ...readable(body) };
  }

  /** The message again, locked until the current unit of work ends. */
  async reclaim(id: string): Promise<IncomingMessage> {
    const { messageId, type, correlationId, contentType, ...row } = await this.find(id, 'for update');
    const known = { messageId: messageId ?? undefined, type: type ?? undefined };
    const rest = { correlationId: correlationId ?? undefined, contentType: contentType ?? undefined };
    return {
      ...known,
      ...rest,
      source: row.source,
      headers: row.headers as IncomingMessage['headers'],
      body: row.body,
    };
  }

  /** It has been carried out. */
  async remove(id: string): Promise<void> {
    await this.dataSource.query('delete from relay.parked_messages where id = $1', [id]);
  }

  async refused(id: string, error: unknown, actor: string): Promise<void> {
    await this.record(id, this.entry('retried', error, actor), false);
  }

  /** Takes it off the list; what it was, and who did this and why, stays. */
  async discard(id: string, reason: string, actor: string): Promise<void> {
    await this.record(id, this.entry('discarded', reason, actor), true);
  }

  private async record(id: string, entry: string, discarded: boolean): Promise<void> {
    const [, affected] = await this.dataSource.query<[unknown, number]>(
      `update relay.parked_messages
          set history = history || $2::jsonb, discarded_at = case when $3 then $4::timestamptz end
        where id = $1 and discarded_at is null`,
      [id, entry, discarded, this.clock.now()],
    );
    if (affected === 0) throw new ParkedMessageNotFound(id);
  }

  private async find(id: string, lock: '' | 'for update'): Promise<Row> {
    const [row] = await this.dataSource.query<Row[]>(
      `select ${DETAILS} from relay.parked_messages where id = $1 and discarded_at is null ${lock}`,
      [id],
    );
    if (!row) throw new ParkedMessageNotFound(id);
    return row;
  }

  private entry(action: ParkedHistoryEntry['action'], about: unknown, actor?: string): string {
    const entry: ParkedHistoryEntry = { at: this.clock.now().toISOString(), action, actor, reason: reasonOf(about) };
    return JSON.stringify([entry]);
  }
}

export function reasonOf(error: unknown): string {
  const text = error instanceof DomainError ? `${error.code}: ${error.message}` : String(error);
  return storable(text)!;
}

/** NUL can't be stored in PostgreSQL's text, nor half a surrogate pair in its JSON. */
function storable(text: string | undefined): string | undefined {
  return text?.replaceAll('\0', '').replaceAll(/\p{Surrogate}/gu, '\ufffd');
}

function readable(body: Buffer): Pick<ParkedMessageDetails, 'body' | 'bodyEncoding'> {
  const text = body.toString('utf-8');
  if (Buffer.from(text).equals(body)) return { body: text, bodyEncoding: 'utf-8' };
  return { body: body.toString('base64'), bodyEncoding: 'base64' };
}
