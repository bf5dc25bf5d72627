import { Injectable } from '@nestjs/common';
import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type Page, pageOf } from '../../kernel/page.js';
import { ExportMails } from '../contract/queries.js';
import { NotificationNotFound } from '../domain/notification.errors.js';
import type { Attempt, NotificationStatus } from '../domain/notification.state.js';
import type { TemplateName } from '../domain/templates.js';

export interface NotificationView {
  id: string;
  template: TemplateName;
  /** Null for a mail to staff. */
  customerId: string | null;
  orderId: string | null;
  /** Null once it is erased, as is the subject. */
  recipient: string | null;
  subject: string | null;
  status: NotificationStatus;
  /** Why it failed: the mail server's code and words, or those of the connection. */
  failure: { code: string; text: string | null } | null;
  createdAt: Date;
  sentAt: Date | null;
  erasedAt: Date | null;
}

export interface NotificationWithAttempts extends NotificationView {
  dedupeKey: string;
  messageId: string;
  text: string | null;
  html: string | null;
  /** Oldest first. */
  attempts: (Omit<Attempt, 'startedAt' | 'endedAt'> & { startedAt: string; endedAt: string | null })[];
}

export interface NotificationFilter {
  status?: NotificationStatus;
  template?: TemplateName;
  customerId?: string;
  orderId?: string;
  cursor?: string;
  limit: number;
}

const SUMMARY = /* sql */ `
  id, template, customer_id as "customerId", order_id as "orderId", address as recipient, subject, status,
  case when status = 'failed' then jsonb_build_object('code', failure_code, 'text', attempts -> -1 -> 'text') end as failure,
  created_at as "createdAt", sent_at as "sentAt", erased_at as "erasedAt"`;

@Injectable()
export class NotificationQueries {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async get(id: string): Promise<NotificationWithAttempts> {
    const [notification] = await this.dataSource.query<NotificationWithAttempts[]>(
      `select ${SUMMARY}, dedupe_key as "dedupeKey", message_id as "messageId", text, html, attempts
         from notification.notifications where id = $1`,
      [id],
    );
    if (!notification) throw new NotificationNotFound(id);
    return notification;
  }

  /** Newest first. */
  async list(filter: NotificationFilter): Promise<Page<NotificationView>> {
    const { status, template, customerId, orderId, cursor, limit } = filter;
    const rows = await this.dataSource.query<NotificationView[]>(
      `select ${SUMMARY} from notification.notifications
        where ($1::text is null or status = $1)
          and ($2::text is null or template = $2)
          and ($3::text is null or customer_id = $3)
          and ($4::uuid is null or order_id = $4)
          and ($5::uuid is null or id < $5)
        order by id desc
        limit $6`,
      [status, template, customerId, orderId, cursor, limit + 1],
    );
    return pageOf(rows, limit, (notification) => notification.id);
  }
}

@QueryHandler(ExportMails)
export class ExportMailsHandler implements IQueryHandler<ExportMails> {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async execute({ customerId }: ExportMails): Promise<readonly object[]> {
    return this.dataSource.query<object[]>(
      `select template, order_id as "orderId", address as recipient, subject, text, html, status,
              created_at as "createdAt", sent_at as "sentAt"
         from notification.notifications where customer_id = $1 order by id desc`,
      [customerId],
    );
  }
}
