import type { AddressInfo, Socket } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';

export interface ReceivedMail extends Email {
  /** Where it was delivered to, whatever its headers say. */
  readonly recipients: readonly string[];
  readonly raw: string;
}

/**
 * `connect`, `rcpt` and `data` answer with the code at the greeting or that command; `drop` takes the mail, and breaks the connection instead of
 * saying so; `hang` takes it, and says nothing.
 */
export type MailFault =
  | { readonly at: 'connect' | 'rcpt' | 'data'; readonly code: number; readonly text?: string }
  | { readonly at: 'drop' | 'hang' };

type Answer = (error?: Error | null) => void;

/** A real SMTP server that keeps what it takes, and misbehaves as it is told to. */
export class MailServer {
  static async listen(port = 0): Promise<MailServer> {
    const mailServer = new MailServer();
    await new Promise<void>((listening) => mailServer.server.listen(port, '127.0.0.1', () => listening()));
    return mailServer;
  }

  readonly mails: ReceivedMail[] = [];
  /** Connections that were opened. */
  opened = 0;
  #faults: MailFault[] = [];
  #hanging?: SMTPServerSession;
  private readonly server: SMTPServer;

  private constructor() {
    this.server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      closeTimeout: 1,
      onConnect: (_, answer) => {
        this.opened++;
        answer(this.refusal('connect'));
      },
      onRcptTo: (_, __, answer) => answer(this.refusal('rcpt')),
      onData: (stream, session, answer) => void this.take(stream, session, answer),
    });
    this.server.on('error', () => undefined);
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.server.connections.size;
  }

  /** Of the next mails, one fault for each. */
  fault(...faults: MailFault[]): void {
    this.#faults.push(...faults);
  }

  to(address: string): ReceivedMail[] {
    return this.mails.filter((mail) => mail.recipients.includes(address));
  }

  clear(): void {
    this.mails.length = 0;
    this.#faults = [];
  }

  async close(): Promise<void> {
    await new Promise<void>((closed) => this.server.close(() => closed()));
  }

  private async take(stream: SMTPServerDataStream, session: SMTPServerSession, answer: Answer): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const refusal = this.refusal('data');
    if (refusal) return answer(refusal);
    const raw = Buffer.concat(chunks).toString();
    const recipients = session.envelope.rcptTo.map(({ address }) => address);
    this.mails.push({ ...(await PostalMime.parse(raw)), recipients, raw });
    const fault = this.#faults[0]?.at;
    if (fault !== 'drop' && fault !== 'hang') return answer();
    this.#faults.shift();
    if (fault === 'drop') this.socketOf(session)?.destroy();
    else this.#hanging = session;
  }

  private refusal(at: 'connect' | 'rcpt' | 'data'): Error | undefined {
    const [fault] = this.#faults;
    if (fault?.at !== at) return undefined;
    this.#faults.shift();
    return Object.assign(new Error(fault.text ?? 'As the test says'), { responseCode: fault.code });
  }

  /** Says something after all, to the last one who waits. */
  answer(line: string): void {
    if (this.#hanging) this.socketOf(this.#hanging)?.write(`${line}\r\n`);
  }

  private socketOf({ id }: SMTPServerSession): Socket | undefined {
    const connections = this.server.connections as Set<{ session: { id: string }; _socket: Socket }>;
    return [...connections].find((connection) => connection.session.id === id)?._socket;
  }
}
