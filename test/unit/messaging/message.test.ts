import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { decodeMessage, encodeCommand, encodeEvent } from '../../../src/messaging/encode.js';
import {
  Fields,
  instant,
  Message,
  messageName,
  MessagingUsageError,
  withHeaders,
} from '../../../src/messaging/index.js';
import { describeMessage } from '../../../src/messaging/message.js';

@Message('parcel.shipped', { version: 2 })
class ParcelShipped extends Fields({
  parcelId: z.string(),
  shippedAt: instant,
  lines: z.array(z.object({ sku: z.string(), quantity: z.int() })),
}) {
  get total(): number {
    return this.lines.reduce((sum, { quantity }) => sum + quantity, 0);
  }
}

@Message('parcel.lost', { stream: (event: ParcelLost) => ['parcel', event.parcelId] })
class ParcelLost {
  constructor(
    readonly parcelId: string,
    readonly details: { reason: string },
  ) {}

  get reason(): string {
    return this.details.reason;
  }
}

class NewsOfLostParcel extends ParcelLost {}

@Message('parcel.addressed', {
  personal: { subject: (event: ParcelAddressed) => event.customerId, fields: ['name', 'street'] },
})
class ParcelAddressed {
  constructor(
    readonly customerId: string,
    readonly name: string,
    readonly street: string,
  ) {}
}

const now = new Date('2026-01-02T03:04:05.678Z');
const shipped = new ParcelShipped({ parcelId: 'p-1', shippedAt: now, lines: [{ sku: 'a', quantity: 2 }] });
const payloadOf = (event: object) => JSON.parse(encodeEvent(event, undefined, now).payload) as Record<string, unknown>;

describe('an instant', () => {
  it.each([
    ['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02T04:04:05+01:00', '2026-01-02T03:04:05.000Z'],
  ])('is %s in JSON, a Date in memory and %s in JSON again', (text, normal) => {
    const date = instant.decode(text);
    expect(date).toEqual(new Date(text));
    expect(instant.encode(date)).toBe(normal);
  });

  it.each(['2026-01-02', 'yesterday', '2026-01-02T03:04:05', ''])('is not "%s"', (text) => {
    expect(() => instant.decode(text)).toThrow(z.ZodError);
  });

  it('is no invalid Date', () => {
    expect(() => instant.encode(new Date(NaN))).toThrow();
  });
});

describe('a message of fields', () => {
  it('holds exactly them, and has the methods of its class', () => {
    expect(Object.fromEntries(Object.entries(shipped))).toEqual({
      parcelId: 'p-1',
      shippedAt: now,
      lines: [{ sku: 'a', quantity: 2 }],
    });
    expect(shipped.total).toBe(2);
  });

  it('comes back from its JSON as it was, Dates and methods included', () => {
    const payload = payloadOf(shipped);
    expect(payload.shippedAt).toBe('2026-01-02T03:04:05.678Z');
    const decoded = decodeMessage(ParcelShipped, payload, 1) as ParcelShipped;
    expect(decoded).toEqual(shipped);
    expect(decoded).toBeInstanceOf(ParcelShipped);
    expect(decoded.total).toBe(2);
  });

  it('is refused, by its name, where it does not fit its schema', () => {
    const wrong = new ParcelShipped({ parcelId: 'p-1', shippedAt: now, lines: [{ sku: 'a', quantity: 1.5 }] });
    expect(() => payloadOf(wrong)).toThrow(MessagingUsageError);
    expect(() => payloadOf(wrong)).toThrow(/parcel\.shipped does not fit its schema/);
  });

  it('is refused where what was stored does not fit its schema', () => {
    expect(() => decodeMessage(ParcelShipped, { parcelId: 'p-1' }, 1)).toThrow(z.ZodError);
  });
});

describe('a message of plain JSON', () => {
  const lost = new ParcelLost('p-1', { reason: 'rain' });

  it('comes back with the methods of its class', () => {
    const decoded = decodeMessage(ParcelLost, payloadOf(lost), 1) as ParcelLost;
    expect(decoded).toEqual(lost);
    expect(decoded.reason).toBe('rain');
  });

  it('is decoded for each handler anew, so that none sees what another did to it', () => {
    const payload = payloadOf(lost);
    const first = decodeMessage(ParcelLost, payload, 1) as ParcelLost;
    first.details.reason = 'changed';
    expect((decodeMessage(ParcelLost, payload, 1) as ParcelLost).reason).toBe('rain');
  });

  it('is not changed by being stored', () => {
    const addressed = new ParcelAddressed('c-1', 'Anna', 'High Street');
    payloadOf(addressed);
    expect(addressed).toEqual(new ParcelAddressed('c-1', 'Anna', 'High Street'));
  });
});

describe('the name of a message', () => {
  it('is what its decorator says, with its version', () => {
    expect(messageName(shipped)).toBe('parcel.shipped');
    expect(describeMessage(ParcelShipped)).toMatchObject({ name: 'parcel.shipped', version: 2, named: true });
  });

  it('is version 1 where nobody says otherwise', () => {
    expect(describeMessage(ParcelLost)).toMatchObject({ name: 'parcel.lost', version: 1 });
  });

  it('is not inherited: a subclass without one goes by its class name', () => {
    expect(describeMessage(NewsOfLostParcel)).toMatchObject({ name: 'NewsOfLostParcel', version: 1, named: false });
  });
});

describe('an event as it is stored', () => {
  it('belongs to the stream of the aggregate that recorded it', () => {
    const stream = { type: 'shipment', id: 's-1', version: 3 };
    expect(encodeEvent(new ParcelLost('p-1', { reason: 'rain' }), stream, now)).toMatchObject({ stream });
  });

  it('belongs to the stream that it names where no aggregate recorded it', () => {
    const encoded = encodeEvent(new ParcelLost('p-1', { reason: 'rain' }), undefined, now);
    expect(encoded.stream).toEqual({ type: 'parcel', id: 'p-1' });
  });

  it('has the same partition as every other event of its stream', () => {
    const stream = { type: 'parcel', id: 'p-1' };
    const encoded = [
      encodeEvent(new ParcelLost('p-1', { reason: 'rain' }), undefined, now),
      encodeEvent(shipped, { ...stream, version: 1 }, now),
      encodeEvent(shipped, { ...stream, version: 2 }, now),
    ];
    expect(new Set(encoded.map(({ partition }) => partition)).size).toBe(1);
  });

  it('carries its type, version, time, an id of its own and the headers of its scope', () => {
    const [first, second] = withHeaders({ correlationId: 'r-1', actor: 'anna' }, () => [
      encodeEvent(shipped, undefined, now),
      encodeEvent(shipped, undefined, now),
    ]);
    expect(first).toMatchObject({ type: 'parcel.shipped', version: 2, occurredAt: now, stream: undefined });
    expect(JSON.parse(first.headers)).toEqual({ correlationId: 'r-1', actor: 'anna' });
    expect(first.id).not.toBe(second.id);
  });

  it('has its personal fields apart', () => {
    const encoded = encodeEvent(new ParcelAddressed('c-1', 'Anna', 'High Street'), undefined, now);
    expect(JSON.parse(encoded.payload)).toEqual({ customerId: 'c-1' });
    expect(encoded.personal).toEqual({ subjectId: 'c-1', data: '{"name":"Anna","street":"High Street"}' });
  });
});

describe('a command as it is stored', () => {
  it('carries its name, its fields and the headers of its scope', () => {
    const rest = { key: 'k', dueAt: now, dedupeKey: 'd' };
    const encoded = withHeaders({ correlationId: 'r-1' }, () => encodeCommand(shipped, rest));
    expect(encoded).toMatchObject({ type: 'parcel.shipped', version: 2, ...rest });
    expect(JSON.parse(encoded.headers)).toEqual({ correlationId: 'r-1' });
    expect(decodeMessage(ParcelShipped, JSON.parse(encoded.payload) as object, 1)).toEqual(shipped);
  });
});
