import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import * as allocation from '../../../src/allocation/index.js';
import * as customer from '../../../src/customer/index.js';
import { decodeMessage } from '../../../src/messaging/encode.js';
import { describeMessage, type MessageClass } from '../../../src/messaging/message.js';
import * as order from '../../../src/order/index.js';
import * as refund from '../../../src/refund/index.js';
import { sampleOf, type Schema } from '../../e2e/malformed.js';
import { storedCommands } from './stored-commands.js';

interface Written {
  readonly type: string;
  readonly version: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A message of every version that was ever written, as it lies in the log or the queue. Lines are added, never changed. */
const golden = readFileSync('test/unit/messaging/versions.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Written);

const isEvent = (exported: unknown): exported is MessageClass =>
  typeof exported === 'function' && describeMessage(exported as MessageClass).schema !== undefined;
const events = [order, allocation, refund, customer].flatMap((contract) =>
  Object.values<unknown>(contract)
    .filter(isEvent)
    .map((type) => ({ type, schema: describeMessage(type).schema! })),
);
const messages = [...events, ...storedCommands].map((message) => ({ ...describeMessage(message.type), ...message }));
const messageOf = (name: string) => messages.find((message) => message.name === name)!;

/** What a new version would add to the golden file. */
function lineFor({ name, version, schema }: (typeof messages)[number]): string {
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  return JSON.stringify({ type: name, version, payload: sampleOf(shape) });
}

describe('every message that was ever written', () => {
  it.each(golden)('can be read by the code of today: $type, version $version', ({ type, version, payload }) => {
    const message = messageOf(type);
    const read = decodeMessage(message.type, payload, version);
    expect(message.schema.safeEncode({ ...read } as never).error).toBeUndefined();
  });

  it('is in the golden file in its version of today: else this is the line to add', () => {
    const missing = messages.filter(
      ({ name, version }) => !golden.some((written) => written.type === name && written.version === version),
    );
    expect(missing.map(lineFor)).toEqual([]);
  });

  it('has each of its versions there', () => {
    for (const { type, version } of golden)
      for (let older = 1; older < version; older++)
        expect(golden).toContainEqual(expect.objectContaining({ type, version: older }));
  });

  it('is known to this test, where it is a command', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const texts = files.map((file) => readFileSync(`src/${file}`, 'utf8'));
    const queued = texts.flatMap((text) => [...text.matchAll(/@Queued\b[^]*?\bclass (\w+)/g)].map(([, name]) => name));
    expect(storedCommands.map(({ type }) => type.name).toSorted()).toEqual(queued.toSorted());
  });
});

describe('a line that was back-ordered before there were stock cuts', () => {
  it('has waited from its placing on', () => {
    const first = golden.find(({ type, version }) => type === 'product.line-backordered' && version === 1)!;
    expect(first.payload).not.toHaveProperty('cause');
    expect(decodeMessage(allocation.LineBackordered, first.payload, 1)).toMatchObject({ cause: 'placing' });
  });
});
