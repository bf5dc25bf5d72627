import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { ReceivedWebhook, WebhookInbox } from '../domain/webhook-inbox.js';

@Injectable()
export class PostgresWebhookInbox implements WebhookInbox {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async take({ gateway, eventId, type, receivedAt }: ReceivedWebhook): Promise<boolean> {
    const rows = await this.dataSource.query<object[]>(
      `insert into refund.webhook_events (gateway, event_id, type, received_at) values ($1, $2, $3, $4)
       on conflict do nothing returning event_id`,
      [gateway, eventId, type, receivedAt],
    );
    return rows.length > 0;
  }
}
