import { EntitySchema, type ValueTransformer } from 'typeorm';
import { z } from 'zod';
import { instant } from '../../messaging/index.js';
import { type NotificationState, notificationStatuses } from '../domain/notification.state.js';

/** JSON has no dates: the schema names the fields that become some, and lets the others through. */
const attempts = z.array(z.looseObject({ startedAt: instant, endedAt: instant.nullable() }));
const withInstants: ValueTransformer = {
  to: (value: unknown) => z.encode(attempts, value as z.output<typeof attempts>),
  from: (value: unknown) => z.decode(attempts, value as z.input<typeof attempts>),
};

export const notificationsTable = new EntitySchema<NotificationState>({
  name: 'notification',
  schema: 'notification',
  tableName: 'notifications',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    dedupeKey: { type: 'text', name: 'dedupe_key' },
    template: { type: 'text' },
    customerId: { type: 'text', name: 'customer_id', nullable: true },
    orderId: { type: 'uuid', name: 'order_id', nullable: true },
    address: { type: 'text', nullable: true },
    name: { type: 'text', nullable: true },
    subject: { type: 'text', nullable: true },
    text: { type: 'text', nullable: true },
    html: { type: 'text', nullable: true },
    status: { type: 'text' },
    edition: { type: 'int' },
    messageId: { type: 'text', name: 'message_id' },
    failureCode: { type: 'text', name: 'failure_code', nullable: true },
    attempts: { type: 'jsonb', transformer: withInstants },
    createdAt: { type: 'timestamptz', name: 'created_at' },
    sentAt: { type: 'timestamptz', name: 'sent_at', nullable: true },
    erasedAt: { type: 'timestamptz', name: 'erased_at', nullable: true },
  },
  indices: [
    { name: 'notifications_dedupe_key', columns: ['dedupeKey'], unique: true },
    { name: 'notifications_with_status', columns: ['status', 'id'] },
    { name: 'notifications_of_template', columns: ['template', 'id'] },
    { name: 'notifications_to_customer', columns: ['customerId', 'id'], where: 'customer_id is not null' },
    { name: 'notifications_about_order', columns: ['orderId', 'id'], where: 'order_id is not null' },
  ],
  checks: [
    {
      name: 'notifications_status_known',
      expression: `status in (${notificationStatuses.map((status) => `'${status}'`).join(', ')})`,
    },
    {
      name: 'notifications_erased_whole',
      expression: `erased_at is null or coalesce(address, name, subject, text, html) is null`,
    },
  ],
});
