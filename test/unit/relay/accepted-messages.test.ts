import { describe, expect, it } from '@jest/globals';
import { CreateBatch } from '../../../src/allocation/index.js';
import { commandOf } from '../../../src/relay/application/accepted-messages.js';

const TYPE = 'allocation.create-batch';
const bytes = (body: unknown) => Buffer.from(JSON.stringify(body));
const BATCH = { ref: 'B-1', sku: 'CHAIR', quantity: 3 };

describe('a message from outside', () => {
  it('becomes the command of its type', () => {
    expect(commandOf(TYPE, bytes(BATCH))).toEqual(new CreateBatch({ ...BATCH, eta: null }));
  });

  it.each(['order.cancel-order', 'messaging.prune', 'CreateBatch', '__proto__', 'constructor', '', undefined])(
    'is refused with the type %p, which nobody allowed',
    (type) => {
      expect(() => commandOf(type, bytes(BATCH))).toThrow(expect.objectContaining({ code: 'MESSAGE_TYPE_UNKNOWN' }));
    },
  );

  it.each<[string, unknown]>([
    ['a field too many', { ...BATCH, price: 1 }],
    ['a field too few', { ref: 'B-1', sku: 'CHAIR' }],
    ['a negative quantity', { ...BATCH, quantity: -1 }],
    ['a quantity as text', { ...BATCH, quantity: '3' }],
    ['a day that there is none of', { ...BATCH, eta: '2026-02-30' }],
    ['the year 0', { ...BATCH, eta: '0000-01-01' }],
    ['a name with NUL', { ...BATCH, ref: 'a\0b' }],
    ['a list', [BATCH]],
    ['null', null],
  ])('is refused with %s', (_, body) => {
    expect(() => commandOf(TYPE, bytes(body))).toThrow(expect.objectContaining({ code: 'MESSAGE_BODY_INVALID' }));
  });

  it.each([Buffer.from('{'), Buffer.from([0xff, 0xfe]), Buffer.alloc(0)])('is refused where it is no JSON', (body) => {
    expect(() => commandOf(TYPE, body)).toThrow(expect.objectContaining({ code: 'MESSAGE_BODY_INVALID' }));
  });
});
