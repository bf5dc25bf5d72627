import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import { Mailer } from '../domain/mailer.js';
import { Notification } from '../domain/notification.js';
import type { Recipient } from '../domain/notification.state.js';
import { Templates } from '../domain/templates.js';
import type { Letter } from './letters.js';

/** Makes the whole mail before it is stored: each attempt sends the same. */
@Injectable()
export class Composer {
  constructor(
    private readonly templates: Templates,
    private readonly mailer: Mailer,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  compose({ template, dedupeKey, orderId, data }: Letter, recipient: Recipient): Notification {
    const id = this.ids.next();
    const content = this.templates.render(template, { ...data, firstName: recipient.name });
    const draft = { id, template, dedupeKey, orderId: orderId ?? null, messageId: this.mailer.messageId(id, 1) };
    const status = this.mailer.isSetUp ? 'pending' : 'kept';
    return Notification.write({ ...draft, createdAt: this.clock.now() }, recipient, content, status);
  }
}
