import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import * as allocation from '../../../src/allocation/index.js';
import * as customer from '../../../src/customer/index.js';
import { decodeMessage } from '../../../src/messaging/encode.js';
import { describeMessage, type MessageClass } from '../../../src/messaging/message.js';
import * as order from '../../../src/order/index.js';
import * as refund from '../../../src/refund/index.js';
import { sampleOf, type Schema } from '../../e2e/malformed.js';

interface Written {
  readonly type: string;
  readonly version: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** One event of every version that was ever written, as it lies in the log. Lines are added, never changed. */
const golden = readFileSync('test/unit/messaging/versions.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Written);

const isEvent = (exported: unknown): exported is MessageClass =>
  typeof exported === 'function' && describeMessage(exported as MessageClass).schema !== undefined;
const events = [order, allocation, refund, customer].flatMap((contract) =>
  Object.values<unknown>(contract).filter(isEvent),
);
const classOf = (type: string) => events.find((event) => describeMessage(event).name === type);

/** What a new version would add to the golden file. */
function lineFor(event: MessageClass): string {
  const { name: type, version, schema } = describeMessage(event);
  const shape = z.toJSONSchema(schema!, { io: 'input', unrepresentable: 'any' }) as Schema;
  return JSON.stringify({ type, version, payload: sampleOf(shape) });
}

describe('every event that was ever written', () => {
  it.each(golden)('can be read by the code of today: $type, version $version', ({ type, version, payload }) => {
    const event = decodeMessage(classOf(type)!, payload, version);
    const { schema } = describeMessage(classOf(type)!);
    expect(schema!.safeEncode({ ...event } as never).success).toBe(true);
  });

  it('is in the golden file in its version of today: else this is the line to add', () => {
    const missing = events.filter((event) => {
      const { name, version } = describeMessage(event);
      return !golden.some((written) => written.type === name && written.version === version);
    });
    expect(missing.map(lineFor)).toEqual([]);
  });

  it('has each of its versions there', () => {
    for (const { type, version } of golden)
      for (let older = 1; older < version; older++)
        expect(golden).toContainEqual(expect.objectContaining({ type, version: older }));
  });
});

describe('a line that was back-ordered before there were stock cuts', () => {
  it('has waited from its placing on', () => {
    const first = golden.find(({ type, version }) => type === 'product.line-backordered' && version === 1)!;
    expect(first.payload).not.toHaveProperty('cause');
    expect(decodeMessage(allocation.LineBackordered, first.payload, 1)).toMatchObject({ cause: 'placing' });
  });
});
