import { describe, expect, it } from '@jest/globals';
import { prefersCloudEvents, toCloudEvent } from '../../../src/operations/cloud-events.js';

describe('a request', () => {
  it.each([
    'application/cloudevents-batch+json',
    'Application/CloudEvents-Batch+JSON; charset=utf-8',
    'application/cloudevents-batch+json, application/json',
    'application/json;q=0.5, application/cloudevents-batch+json',
    'application/cloudevents-batch+json; q=0.1, */*',
  ])('that accepts %s gets a batch', (accept) => {
    expect(prefersCloudEvents(accept)).toBe(true);
  });

  it.each([
    undefined,
    '*/*',
    'application/json',
    'text/html, */*;q=0.1',
    'application/cloudevents-batch+json;q=0.5, application/json',
    'application/cloudevents-batch+json;q=0',
    'application/cloudevents-batch+json;q=x',
    'application/cloudevents+json',
  ])('that accepts %s gets our own JSON', (accept) => {
    expect(prefersCloudEvents(accept)).toBe(false);
  });
});

describe('an event of no aggregate', () => {
  it('is a CloudEvent of the log, without a subject', () => {
    const cloudEvent = toCloudEvent({
      position: 2 ** 40,
      id: 'id',
      type: 'till.closed',
      version: 2,
      source: null,
      occurredAt: new Date(0),
      contentType: 'application/json',
      data: {},
      headers: {},
    });

    expect(JSON.parse(JSON.stringify(cloudEvent))).toEqual({
      specversion: '1.0',
      id: 'id',
      source: 'urn:aftercommit:event-log',
      type: 'till.closed',
      time: '1970-01-01T00:00:00.000Z',
      datacontenttype: 'application/json',
      position: '1099511627776',
      schemaversion: 2,
      data: {},
    });
  });
});
