import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { currentMessage, Message, Queued } from '../../messaging/index.js';
import { Mailer } from '../domain/mailer.js';
import type { Notification } from '../domain/notification.js';
import { Notifications } from '../domain/notifications.js';

/**
 * Hands a mail to the mail server; where that doesn't take it now, again by MAIL_RETRY.
 *
 * Mails about one order go one after the other, so that nobody is told of the shipping before the payment, and one that
 * the server puts off holds up the later ones of its order only. Not all of a customer's: one order's trouble would
 * delay what is told of another. Mails to staff have no order between them, and wait for no customer's.
 */
@Message('notification.send-notification')
@Queued<SendNotification>({
  effect: 'outside',
  key: ({ notificationId, orderId }) => `mail:${orderId ?? notificationId}`,
  // More would be many connections at once in the eyes of a mail provider.
  concurrency: 8,
  // Connecting, the greeting and four answers, each with a limit of its own; beyond it the connection is closed.
  timeout: '60s',
})
export class SendNotification extends Command<void> {
  constructor(
    readonly notificationId: string,
    /** The order whose mails it waits for. */
    readonly orderId?: string,
  ) {
    super();
  }

  static of({ state: { id, customerId, orderId } }: Notification): SendNotification {
    return new SendNotification(id, customerId === null ? undefined : (orderId ?? undefined));
  }
}

/** Names no address and no answer of the server, which may repeat it: errors are logged and kept with the command. */
export class MailNotTaken extends Error {
  override readonly name = 'MailNotTaken';

  constructor(status: 'postponed' | 'unanswered', code: string) {
    super(`the mail server ${status === 'postponed' ? `answered ${code}` : `did not answer: ${code}`}`);
  }
}

@CommandHandler(SendNotification)
export class SendNotificationHandler implements ICommandHandler<SendNotification> {
  constructor(
    private readonly notifications: Notifications,
    private readonly mailer: Mailer,
    private readonly clock: Clock,
  ) {}

  /**
   * Records the outcome itself, and not by a command that it returns: what the server took is taken, also where another
   * instance has taken the command over meanwhile, which then finds it sent.
   */
  async execute({ notificationId }: SendNotification): Promise<void> {
    if (!this.mailer.isSetUp) return this.notifications.change(notificationId, (notification) => notification.keep());
    const begun = await this.notifications.change(notificationId, (each) => each.begin(this.clock.now()));
    if (!begun) return;
    const outcome = await this.mailer.send(begun.mail, currentMessage()?.signal);
    const now = this.clock.now();
    await this.notifications.change(notificationId, (each) => each.end(begun.attempt, outcome, now));
    const { status, code } = outcome;
    if (status === 'postponed' || status === 'unanswered') throw new MailNotTaken(status, code);
  }

  async onGiveUp({ notificationId }: SendNotification): Promise<void> {
    await this.notifications.change(notificationId, (notification) => notification.giveUp());
  }
}
