/** A client of Aftercommit's event feed for Node 20 and later, and for browsers; it needs nothing but `fetch`. */
export {
  FeedClosedError,
  FeedRefusedError,
  IncarnationChangedError,
  OffsetBeyondHeadError,
  OffsetExpiredError,
} from './errors.js';
export { FeedClient, type FeedClientOptions, type FeedHandler } from './feed-client.js';
export type { FeedEvent, FeedFilters, FeedPlace, OffsetStore } from './feed.js';
