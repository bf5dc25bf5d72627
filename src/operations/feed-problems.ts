import { HttpException } from '@nestjs/common';
import { FeedIncarnationChangedError, FeedOffsetBeyondHeadError, FeedOffsetExpiredError } from '../messaging/index.js';

/** Tells a reader of the feed that it and the log have lost each other. */
export function refuse(error: unknown): never {
  if (error instanceof FeedIncarnationChangedError) {
    const { message, incarnation } = error;
    throw new HttpException({ code: 'FEED_INCARNATION_CHANGED', message, incarnation }, 409);
  }
  if (error instanceof FeedOffsetBeyondHeadError) {
    throw new HttpException({ code: 'OFFSET_BEYOND_HEAD', message: error.message, head: error.head }, 409);
  }
  if (error instanceof FeedOffsetExpiredError) {
    throw new HttpException({ code: 'OFFSET_EXPIRED', message: error.message, oldest: error.oldest }, 410);
  }
  throw error;
}
