export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON where the answer is JSON, else the text. */
  readonly body: any;
}

type RequestHeaders = Readonly<Record<string, string>>;

/** A small client for one service; `headers` go with every request. */
export class HttpClient {
  constructor(
    readonly baseUrl: string,
    private readonly headers: RequestHeaders = {},
  ) {}

  with(headers: RequestHeaders): HttpClient {
    return new HttpClient(this.baseUrl, { ...this.headers, ...headers });
  }

  get(path: string, headers?: RequestHeaders): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body?: unknown, headers?: RequestHeaders): Promise<Answer> {
    return this.send('POST', path, body, headers);
  }

  put(path: string, body?: unknown, headers?: RequestHeaders): Promise<Answer> {
    return this.send('PUT', path, body, headers);
  }

  delete(path: string, headers?: RequestHeaders): Promise<Answer> {
    return this.send('DELETE', path, undefined, headers);
  }

  /** A string is sent as it is, so that a test can send what is no JSON. */
  async send(method: string, path: string, body?: unknown, headers: RequestHeaders = {}): Promise<Answer> {
    const json: RequestHeaders = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(new URL(path, this.baseUrl), {
      method,
      headers: { ...json, ...this.headers, ...headers },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const { status } = response;
    // It has no end: that it began is all that there is to say.
    if (response.headers.get('content-type') === 'text/event-stream') {
      await response.body!.cancel();
      return { status, headers: response.headers, body: undefined };
    }
    return { status, headers: response.headers, body: parse(await response.text(), response.headers) };
  }
}

function parse(text: string, headers: Headers): unknown {
  const isJson = /[/+]json/.test(headers.get('content-type') ?? '');
  return isJson && text !== '' ? JSON.parse(text) : text;
}
