import { CreateNotification1764000005000 } from './1764000005000-create-notification.js';

export const notificationMigrations = [CreateNotification1764000005000];
