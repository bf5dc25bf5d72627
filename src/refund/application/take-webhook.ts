import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { QueuedCommands } from '../../messaging/index.js';
import { type WebhookNotice } from '../domain/payment-gateway.js';
import { WebhookInbox } from '../domain/webhook-inbox.js';
import { FetchDispute } from './fetch-dispute.js';
import { FetchPayment } from './fetch-payment.js';
import { FetchRefund } from './fetch-refund.js';

const FETCH = { payment: FetchPayment, refund: FetchRefund, dispute: FetchDispute };

/** Remembers a verified webhook and stores the work that it leads to, so that the gateway can be answered at once. */
export class TakeWebhook extends Command<void> {
  constructor(
    readonly gateway: string,
    readonly notice: WebhookNotice,
  ) {
    super();
  }
}

@CommandHandler(TakeWebhook)
export class TakeWebhookHandler implements ICommandHandler<TakeWebhook> {
  constructor(
    private readonly inbox: WebhookInbox,
    private readonly queue: QueuedCommands,
    private readonly clock: Clock,
  ) {}

  async execute({ gateway, notice: { eventId, type, about } }: TakeWebhook): Promise<void> {
    const isNew = await this.inbox.take({ gateway, eventId, type, receivedAt: this.clock.now() });
    if (!isNew || !about) return;
    const fetch = FETCH[about.kind];
    await this.queue.send(new fetch(gateway, about.id));
  }
}
