import type { FeedEvent } from '../messaging/index.js';

export const CLOUD_EVENTS_BATCH = 'application/cloudevents-batch+json';

/** An event as CloudEvents 1.0 has it, in the JSON format; attributes that are undefined are left out of the JSON. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: Date;
  readonly subject?: string;
  readonly datacontenttype: string;
  readonly data: object;
  readonly [extension: string]: unknown;
}

/** `source` is the kind of aggregate and `subject` the aggregate, so that both together are the stream. */
export function toCloudEvent({ id, type, version, source, occurredAt, position, ...event }: FeedEvent): CloudEvent {
  const { correlationId, causationId, actor, traceparent } = event.headers;
  return {
    specversion: '1.0',
    id,
    source: source ? `urn:aftercommit:${encodeURIComponent(source.type)}` : 'urn:aftercommit:event-log',
    type,
    time: occurredAt,
    subject: source?.id,
    datacontenttype: event.contentType,
    // A text, since CloudEvents' integers end at 2^31 and the log doesn't.
    position: String(position),
    streamversion: source?.version ?? undefined,
    schemaversion: version,
    correlationid: correlationId,
    causationid: causationId,
    actor,
    traceparent,
    data: event.data,
  };
}

/** Whether a request's `Accept` prefers a batch of CloudEvents to our own JSON. */
export function prefersCloudEvents(accept = ''): boolean {
  const wanted = weightOf(CLOUD_EVENTS_BATCH, accept);
  return wanted > 0 && wanted >= weightOf('application/json', accept);
}

/** The weight (RFC 9110, section 12.5.1) of a media type that is named; wildcards are content with our own JSON. */
function weightOf(mediaType: string, accept: string): number {
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    if (name === mediaType) return Number(weight) || 0;
  }
  return 0;
}
