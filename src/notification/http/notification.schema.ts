import { z } from 'zod';
import { notificationStatuses } from '../domain/notification.state.js';
import { templateNames } from '../domain/templates.js';

export const id = z.uuid();

export const listNotificationsQuery = z.strictObject({
  status: z.enum(notificationStatuses).optional(),
  template: z.enum(templateNames).optional(),
  customerId: z.string().min(1).max(100).optional(),
  orderId: z.uuid().optional(),
  cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before.' }),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
export type ListNotificationsQuery = z.output<typeof listNotificationsQuery>;
