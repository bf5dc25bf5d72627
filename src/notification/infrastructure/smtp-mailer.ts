import { createTransport } from 'nodemailer';
import { z } from 'zod';
import { type Mail, Mailer, type MailOutcome } from '../domain/mailer.js';

export interface SmtpOptions {
  /** Without it mails are kept. */
  readonly url?: string;
  /** Such as `Shop <shop@example.com>`. */
  readonly from: string;
  /** Milliseconds; by default as below. */
  readonly connectTimeout?: number;
  readonly answerTimeout?: number;
}

/** Well below the command's timeout, so that a server that isn't there is an outcome, and no aborted attempt. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Servers scan a mail before they take it; RFC 5321 would allow them ten minutes, for mails of any size. */
const ANSWER_TIMEOUT_MS = 30_000;
/** The server wants a login first: that is about our settings, not about this mail. */
const AUTHENTICATION_REQUIRED = 530;

/** Not left to nodemailer, to which a comma in the name begins another address. */
const SENDER = /^(?:"?(?<name>[^"<>]*?)"?\s*<)?(?<address>[^\s<>@]+@(?<domain>[^\s<>@]+))>?$/;

interface SmtpError extends Error {
  readonly code?: string;
  /** The system's, where nodemailer has put a code of its own in its place. */
  readonly originalCode?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

/**
 * A connection for each mail. Nodemailer's pool would send a mail again by itself when a connection breaks, behind the
 * attempts that are shown and beyond the command's timeout; and an idle connection that a firewall has dropped costs an
 * attempt. So nothing is open between mails, and there is nothing to close when the service stops.
 */
export class SmtpMailer extends Mailer {
  readonly isSetUp: boolean;
  readonly #transport: ReturnType<typeof createTransport>;
  readonly #from: { readonly name: string; readonly address: string };
  readonly #domain: string;

  constructor({ url, from, connectTimeout = CONNECT_TIMEOUT_MS, answerTimeout = ANSWER_TIMEOUT_MS }: SmtpOptions) {
    super();
    this.isSetUp = url !== undefined;
    const { name = '', address = from, domain = 'localhost' } = SENDER.exec(from)?.groups ?? {};
    this.#from = { name, address };
    this.#domain = domain;
    this.#transport = createTransport({
      url,
      connectionTimeout: connectTimeout,
      greetingTimeout: connectTimeout,
      dnsTimeout: connectTimeout,
      socketTimeout: answerTimeout,
      // Nothing in a mail may make the service read a file or a URL.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  messageId(notificationId: string, edition: number): string {
    return `<${notificationId}.${edition}@${this.#domain}>`;
  }

  async send(mail: Mail, signal?: AbortSignal): Promise<MailOutcome> {
    const { messageId, address, name, subject, text, html, writtenAt } = mail;
    // Known without asking; each server would refuse it in words of its own.
    if (!z.email().safeParse(address).success) {
      return { status: 'rejected', code: 'invalid_address', text: `${address} is no e-mail address.` };
    }
    const content = { subject, text, html: html ?? undefined };
    const to = { name: name ?? '', address };
    // So that no absence note answers it: RFC 3834.
    const headers = { 'Auto-Submitted': 'auto-generated' };
    const envelope = { from: this.#from, to, messageId, date: writtenAt, headers };
    try {
      const { response } = await this.#transport.sendMail({ ...envelope, ...content, signal });
      return { status: 'accepted', code: response.slice(0, 3), text: response };
    } catch (error) {
      return outcomeOf(error as SmtpError);
    }
  }
}

/** Only an answer about the mail itself is for good: one at the greeting or the login is about the server or us. */
function outcomeOf({ code, originalCode, responseCode, response, message }: SmtpError): MailOutcome {
  const isAboutMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  const isPermanent = responseCode === undefined || responseCode >= 500;
  const told = { code: String(responseCode ?? originalCode ?? code ?? 'unknown'), text: response ?? message };
  if (isAboutMail && isPermanent && responseCode !== AUTHENTICATION_REQUIRED) return { status: 'rejected', ...told };
  return { status: responseCode === undefined ? 'unanswered' : 'postponed', ...told };
}
