import { Logger } from '@nestjs/common';
import { EventsHandler } from '@nestjs/cqrs';
import { Consumer, type MessageContext, QueuedCommands } from '../../messaging/index.js';
import { Notifications } from '../domain/notifications.js';
import { Composer } from './composer.js';
import { type Letter, lettersOn, mailedEvents } from './letters.js';
import { Recipients } from './recipients.js';
import { SendNotification } from './send-notification.js';

/**
 * Stores the mails that an event leads to, and what sends them, in one transaction. One consumer for all events: those of
 * one stream are mailed in their order.
 */
@EventsHandler(...mailedEvents)
@Consumer('notification.mails')
export class WriteMails {
  readonly #logger = new Logger('Notification');

  constructor(
    private readonly recipients: Recipients,
    private readonly composer: Composer,
    private readonly notifications: Notifications,
    private readonly queue: QueuedCommands,
  ) {}

  async handle(event: object, { messageId }: MessageContext): Promise<void> {
    for (const letter of lettersOn(event, messageId)) await this.write(letter);
  }

  private async write(letter: Letter): Promise<void> {
    const recipient = await this.recipients.of(letter);
    if (!recipient) return this.#logger.debug(`no mail ${letter.dedupeKey}: nobody is known to write to`);
    const notification = this.composer.compose(letter, recipient);
    const isNew = await this.notifications.addOnce(notification);
    if (isNew && notification.state.status === 'pending') await this.queue.send(SendNotification.of(notification));
  }
}
