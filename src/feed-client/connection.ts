import {
  FeedRefusedError,
  IncarnationChangedError,
  OffsetBeyondHeadError,
  OffsetExpiredError,
  PassingError,
} from './errors.js';
import type { FeedFilters, FeedPlace } from './feed.js';
import type { Watchdog } from './watchdog.js';

export type RequestHeaders = Readonly<Record<string, string>>;

export interface Connection {
  readonly url: URL;
  /** Asked for each request, so that tokens can be renewed. */
  readonly headers: () => RequestHeaders | Promise<RequestHeaders>;
  readonly filters: FeedFilters;
  readonly silenceMs: number;
}

interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly incarnation?: string;
  readonly head?: number;
  readonly oldest?: number;
}

/** Asks for what comes after a place. Answers only with success; everything else is an error that says what to do. */
export async function request(
  { url, headers, filters }: Connection,
  place: FeedPlace | undefined,
  dog: Watchdog,
  extras: { readonly accept: string; readonly path?: string; readonly query?: RequestHeaders },
): Promise<Response> {
  const target = new URL(url);
  target.pathname = target.pathname.replace(/\/$/, '') + (extras.path ?? '');
  for (const [name, value] of Object.entries({ ...filters, ...place, ...extras.query })) {
    if (value !== undefined) target.searchParams.set(name, String(value));
  }
  const init = { headers: { ...(await headers()), accept: extras.accept }, signal: dog.signal };
  const answer = await dog.watch(fetch(target, init));
  if (!answer.ok) throw refusal(answer, await problemIn(answer, dog), place);
  return answer;
}

async function problemIn(answer: Response, dog: Watchdog): Promise<Problem> {
  const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
  return isJson ? ((await dog.watch(answer.json())) as Problem) : {};
}

function refusal({ status, headers }: Response, problem: Problem, place: FeedPlace | undefined): Error {
  const { code = 'UNKNOWN', detail = '', incarnation = '', head = 0, oldest = 1 } = problem;
  const offset = place?.offset ?? 0;
  if (code === 'FEED_INCARNATION_CHANGED') return new IncarnationChangedError(incarnation, place?.incarnation ?? '');
  if (code === 'OFFSET_BEYOND_HEAD') return new OffsetBeyondHeadError(offset, head);
  if (code === 'OFFSET_EXPIRED') return new OffsetExpiredError(offset, oldest);
  const passes = status === 408 || status === 425 || status === 429 || status >= 500;
  if (!passes) return new FeedRefusedError(status, code, detail);
  return new PassingError(`The event feed answers ${status} ${code}`, retryAfterIn(headers.get('retry-after')));
}

/** In ms; the header has seconds or a date (RFC 9110, section 10.2.3). */
export function retryAfterIn(header: string | null, now = Date.now()): number {
  if (header === null) return 0;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return ms > 0 ? ms : 0;
}
