export interface ReceivedWebhook {
  readonly gateway: string;
  readonly eventId: string;
  readonly type: string;
  readonly receivedAt: Date;
}

export abstract class WebhookInbox {
  /** False for one that was taken before: gateways deliver some twice. */
  abstract take(webhook: ReceivedWebhook): Promise<boolean>;
}
