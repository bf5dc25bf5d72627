import { Aggregate } from '../../kernel/aggregate.js';
import type { Mail, MailOutcome } from './mailer.js';
import { NotificationErased, NotificationPending } from './notification.errors.js';
import { type MailContent, type NotificationState, type Recipient, untouched } from './notification.state.js';

interface Draft {
  readonly id: string;
  readonly dedupeKey: string;
  readonly template: string;
  readonly orderId: string | null;
  readonly messageId: string;
  readonly createdAt: Date;
}

/** One mail, and what became of it. It records no events: nothing of a mail may get into the log. */
export class Notification extends Aggregate<NotificationState> {
  readonly streamType = 'notification';

  static write(draft: Draft, recipient: Recipient, content: MailContent, status: 'pending' | 'kept'): Notification {
    return new Notification({ ...untouched, ...draft, ...recipient, ...content, status });
  }

  static from(state: NotificationState): Notification {
    return new Notification(state);
  }

  get streamId(): string {
    return this.state.id;
  }

  /** The mail to send now, and the number of the attempt; undefined when there is nothing to send any more. */
  begin(startedAt: Date): { mail: Mail; attempt: number } | undefined {
    const { status, edition, attempts, address, subject, text } = this.state;
    if (status !== 'pending' || address === null || subject === null || text === null) return undefined;
    const { messageId, name, html, createdAt: writtenAt } = this.state;
    const open = { edition, startedAt, endedAt: null, status: null, code: null, text: null };
    this.change({ attempts: [...attempts, open] });
    return { mail: { messageId, address, name, subject, text, html, writtenAt }, attempt: attempts.length };
  }

  /** Attempts may end late and out of order: one that the server took counts whatever others say. */
  end(attempt: number, { status, code, text }: MailOutcome, endedAt: Date): void {
    const { attempts, erasedAt } = this.state;
    const begun = attempts[attempt];
    if (!begun || begun.endedAt) return;
    const ended = { ...begun, endedAt, status, code, text: erasedAt ? null : text };
    this.change({ attempts: attempts.with(attempt, ended) });
    if (begun.edition !== this.state.edition) return;
    if (status === 'accepted') this.change({ status: 'sent', sentAt: endedAt, failureCode: null });
    if (status === 'rejected') this.fail(code);
  }

  /** Nobody tries any more by itself. */
  giveUp(): void {
    this.fail(this.state.attempts.at(-1)?.code ?? 'interrupted');
  }

  /** The mail server was taken away while it waited. */
  keep(): void {
    if (this.state.status === 'pending') this.change({ status: 'kept' });
  }

  /**
   * A person wants it sent, to where the recipient is reached now. What may not have arrived keeps its Message-ID: an
   * attempt without an answer may have been taken after all. What was sent gets a new one: else whoever filters
   * duplicates would drop the very mail that was asked for.
   */
  resend({ address, name }: Recipient, messageIdOf: (edition: number) => string): void {
    const { status, id, erasedAt, edition } = this.state;
    if (erasedAt) throw new NotificationErased(id);
    if (status === 'pending') throw new NotificationPending(id);
    const next = status === 'sent' ? { edition: edition + 1, messageId: messageIdOf(edition + 1) } : {};
    this.change({ ...next, address, name, status: 'pending', failureCode: null });
  }

  private fail(failureCode: string): void {
    if (this.state.status === 'pending') this.change({ status: 'failed', failureCode });
  }
}
