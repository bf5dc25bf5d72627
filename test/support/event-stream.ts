import { StreamParser, type StreamMessage } from '../../src/feed-client/server-sent-events.js';
import { eventually } from './eventually.js';

/** An event stream over HTTP, read as it comes. */
export class EventStream {
  static async open(url: string, headers: Record<string, string> = {}): Promise<EventStream> {
    const connection = new AbortController();
    const response = await fetch(url, { headers, signal: connection.signal });
    return new EventStream(response, connection);
  }

  readonly messages: StreamMessage[] = [];
  #ended?: 'clean' | 'broken';

  private constructor(
    readonly response: Response,
    private readonly connection: AbortController,
  ) {
    void this.read();
  }

  /** Those that are events of the log. */
  get events(): { position: number; type: string; data: Record<string, unknown> }[] {
    return this.messages.filter(({ event }) => event === 'message').map(({ data }) => JSON.parse(data));
  }

  /** Waits for its end, and tells how it came. */
  async ended(): Promise<'clean' | 'broken'> {
    return eventually(() => this.#ended);
  }

  close(): void {
    this.connection.abort();
  }

  private async read(): Promise<void> {
    const parser = new StreamParser();
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body!) {
        this.messages.push(...parser.push(decoder.decode(chunk as Uint8Array, { stream: true })));
      }
      this.#ended = 'clean';
    } catch {
      this.#ended = 'broken';
    }
  }
}
