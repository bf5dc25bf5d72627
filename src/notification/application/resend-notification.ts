import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { QueuedCommands } from '../../messaging/index.js';
import { Mailer } from '../domain/mailer.js';
import { MailServerMissing, NotificationErased } from '../domain/notification.errors.js';
import { Notifications } from '../domain/notifications.js';
import { Recipients } from './recipients.js';
import { SendNotification } from './send-notification.js';

/** An operator has a mail sent that failed or was kept, or once more; to the address that is known by now. */
export class ResendNotification extends Command<void> {
  constructor(readonly notificationId: string) {
    super();
  }
}

@CommandHandler(ResendNotification)
export class ResendNotificationHandler implements ICommandHandler<ResendNotification> {
  constructor(
    private readonly notifications: Notifications,
    private readonly recipients: Recipients,
    private readonly mailer: Mailer,
    private readonly queue: QueuedCommands,
  ) {}

  async execute({ notificationId: id }: ResendNotification): Promise<void> {
    const { customerId } = (await this.notifications.get(id)).state;
    if (!this.mailer.isSetUp) throw new MailServerMissing();
    const to = customerId === null ? 'staff' : 'customer';
    const recipient = await this.recipients.of({ to, customerId: customerId ?? undefined });
    if (!recipient) throw new NotificationErased(id);
    const command = await this.notifications.change(id, (notification) => {
      notification.resend(recipient, (edition) => this.mailer.messageId(id, edition));
      return SendNotification.of(notification);
    });
    await this.queue.send(command);
  }
}
