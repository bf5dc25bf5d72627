import { Logger, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AppConfig } from '../app.config.js';
import type { CommandSettings } from '../messaging/index.js';
import { Composer } from './application/composer.js';
import { EraseMails } from './application/erase-mails.js';
import { ExportMailsHandler, NotificationQueries } from './application/notification.queries.js';
import { Recipients } from './application/recipients.js';
import { ResendNotificationHandler } from './application/resend-notification.js';
import { SendNotification, SendNotificationHandler } from './application/send-notification.js';
import { WriteMails } from './application/write-mails.js';
import { Mailer } from './domain/mailer.js';
import { Notifications } from './domain/notifications.js';
import { Templates } from './domain/templates.js';
import { NotificationsController } from './http/notifications.controller.js';
import { EtaTemplates } from './infrastructure/eta-templates.js';
import { PostgresNotifications } from './infrastructure/postgres-notifications.js';
import { SmtpMailer } from './infrastructure/smtp-mailer.js';

const commandHandlers = [SendNotificationHandler, ResendNotificationHandler];
const consumers = [WriteMails, EraseMails];
const queries = [NotificationQueries, ExportMailsHandler];
const services = [Recipients, Composer];
const adapters = [
  { provide: Notifications, useClass: PostgresNotifications },
  {
    provide: Templates,
    useFactory: ({ mailTemplates }: AppConfig) => new EtaTemplates(mailTemplates),
    inject: [AppConfig],
  },
  { provide: Mailer, useFactory: openMailer, inject: [AppConfig] },
];

@Module({
  imports: [CqrsModule],
  controllers: [NotificationsController],
  providers: [...commandHandlers, ...consumers, ...queries, ...services, ...adapters],
})
export class NotificationModule {}

/** What the configuration says of the command that calls the mail server. */
export function mailCommands({ mailRetry: retry }: AppConfig): CommandSettings {
  return new Map([[SendNotification, { retry }]]);
}

function openMailer({ smtpUrl: url, mailFrom: from }: AppConfig): Mailer {
  if (url === undefined) new Logger('Notification').log('Mails are kept, not sent: no SMTP_URL is set');
  return new SmtpMailer({ url, from });
}
