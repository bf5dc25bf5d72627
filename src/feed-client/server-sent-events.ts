/** A message of an event stream. */
export interface StreamMessage {
  readonly event: string;
  readonly data: string;
  /** Of this message, or of the last one that had one. */
  readonly id: string;
}

/** Reads messages out of text that comes in pieces, cut anywhere (HTML, section 9.2.6). */
export class StreamParser {
  #rest = '';
  #event = '';
  #data: string[] = [];
  #id = '';

  /** The messages that are complete with this piece. */
  *push(piece: string): Generator<StreamMessage> {
    const text = this.#rest + piece;
    // A CR at the end may be half of a CRLF.
    const end = text.endsWith('\r') ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(/\r\n|\r|\n/);
    this.#rest = lines.pop()! + text.slice(end);
    for (const line of lines) {
      const message = line === '' ? this.take() : this.note(line);
      if (message) yield message;
    }
  }

  private note(line: string): undefined {
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
    if (field === 'data') this.#data.push(value);
    if (field === 'event') this.#event = value;
    if (field === 'id' && !value.includes('\0')) this.#id = value;
  }

  private take(): StreamMessage | undefined {
    const message = { event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id };
    const isEmpty = this.#data.length === 0;
    this.#event = '';
    this.#data = [];
    return isEmpty ? undefined : message;
  }
}
