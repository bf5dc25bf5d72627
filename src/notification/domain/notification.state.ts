import type { MailOutcome } from './mailer.js';

/** `kept`: no mail server was set up, so nobody tried. */
export const notificationStatuses = ['pending', 'sent', 'failed', 'kept'] as const;
export type NotificationStatus = (typeof notificationStatuses)[number];

export interface Attempt {
  readonly edition: number;
  readonly startedAt: Date;
  /** Null while it runs, or when a crash cut it off; so are the next three. */
  readonly endedAt: Date | null;
  readonly status: MailOutcome['status'] | null;
  readonly code: string | null;
  /** What the server said; null too once it is erased, since servers repeat the address. */
  readonly text: string | null;
}

/** What a template makes of the facts. */
export interface MailContent {
  readonly subject: string;
  readonly text: string;
  readonly html: string | null;
}

export interface Recipient {
  /** Null for staff. */
  readonly customerId: string | null;
  readonly address: string;
  readonly name: string | null;
}

/** What is null once the customer is erased: the address, the name and the content. */
export interface NotificationState {
  readonly id: string;
  readonly version: number;
  /** Which mail it is: there is one row for it, however often it is asked for. */
  readonly dedupeKey: string;
  readonly template: string;
  /** Null for staff. */
  readonly customerId: string | null;
  readonly orderId: string | null;
  readonly address: string | null;
  readonly name: string | null;
  readonly subject: string | null;
  readonly text: string | null;
  readonly html: string | null;
  readonly status: NotificationStatus;
  /** Counts how often it is meant to arrive; repeats of one edition share its Message-ID. */
  readonly edition: number;
  readonly messageId: string;
  readonly failureCode: string | null;
  readonly attempts: readonly Attempt[];
  readonly createdAt: Date;
  readonly sentAt: Date | null;
  readonly erasedAt: Date | null;
}

export const untouched = {
  version: 0,
  edition: 1,
  failureCode: null,
  attempts: [],
  sentAt: null,
  erasedAt: null,
} as const;
