/** A message as somebody else's system sent it: nothing in it is to be trusted. */
export interface IncomingMessage {
  /** Broker, queue and sender: where the message id is unique. */
  readonly source: string;
  readonly messageId?: string;
  readonly type?: string;
  readonly correlationId?: string;
  readonly contentType?: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}
