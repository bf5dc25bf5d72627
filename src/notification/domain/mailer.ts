/** A mail as it goes out. */
export interface Mail {
  readonly messageId: string;
  readonly address: string;
  readonly name: string | null;
  readonly subject: string;
  readonly text: string;
  readonly html: string | null;
  readonly writtenAt: Date;
}

/** What the mail server made of a mail. */
export interface MailOutcome {
  /**
   * `rejected` is for good. After `postponed` it was not taken this time; after `unanswered` it may have been, so the
   * same mail with the same Message-ID is sent again.
   */
  readonly status: 'accepted' | 'rejected' | 'postponed' | 'unanswered';
  /** The server's, such as 451, or that of the connection, such as ECONNREFUSED. */
  readonly code: string;
  /** May repeat the recipient's address. */
  readonly text: string;
}

export abstract class Mailer {
  /** False while no mail server is set up: then mails are kept. */
  abstract readonly isSetUp: boolean;
  /** The same for the same edition of a notification, so that whoever gets it twice can tell. */
  abstract messageId(notificationId: string, edition: number): string;
  /** Never rejects; when the signal is aborted the connection is closed, and nobody knows. */
  abstract send(mail: Mail, signal?: AbortSignal): Promise<MailOutcome>;
}
