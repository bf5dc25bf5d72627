import { beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { queuedOptions } from '../../../src/messaging/decorators.js';
import { describeMessage, type MessageClass } from '../../../src/messaging/message.js';

const MODULES = ['order', 'allocation', 'refund', 'customer', 'notification'];
/** What a field that tells of a person would be called. */
const PERSONAL = /name|mail|phone|address|street|line\d|city|postal|receiver|shipping|contact|profile|recipient/i;

/** Every class that a module of the shop exports anywhere but to its controllers. */
async function classesOf(module: string): Promise<MessageClass[]> {
  const folders = ['contract', 'application'].map((folder) => `src/${module}/${folder}`);
  const exported: unknown[] = [];
  // One by one: jest links modules that are imported at once in no good order.
  for (const file of folders.flatMap(filesIn)) exported.push(...Object.values((await import(resolve(file))) as object));
  return exported.filter((each): each is MessageClass => isClass(each));
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((file) => `${folder}/${file}`);
  } catch {
    return [];
  }
}

const isClass = (exported: unknown) => typeof exported === 'function' && /^class\b/.test(String(exported));

/** The names of a class's constructor parameters, which are the fields of a command. */
function fieldsOf(command: MessageClass): string[] {
  const source = String(command).replaceAll(/\/\*.*?\*\/|\/\/.*$/gms, '');
  const [, parameters = ''] = /\bconstructor\(([^)]*)\)/.exec(source) ?? [];
  return parameters.split(',').map((parameter) => parameter.split('=')[0]!.trim());
}

describe('what the shop stores', () => {
  let classes: MessageClass[];

  beforeAll(async () => {
    classes = [];
    for (const module of MODULES) classes.push(...(await classesOf(module)));
    classes = [...new Set(classes)];
  });

  it('are queued commands that name things by id, never a person', () => {
    const queued = classes.filter((each) => queuedOptions(each));
    const telling = queued.flatMap((each) =>
      fieldsOf(each)
        .filter((field) => PERSONAL.test(field))
        .map((field) => `${each.name}.${field}`),
    );

    expect(queued.flatMap(fieldsOf)).toContain('orderId');
    expect(queued.length).toBeGreaterThan(8);
    expect(telling).toEqual([]);
  });

  it('are events whose personal fields may be gone', () => {
    const personal = classes.map(describeMessage).filter((each) => each.personal);
    const needed = personal.flatMap(({ name, schema, personal: { fields } = { fields: [] } }) =>
      fields.filter((field) => !schema?.shape[field]?.isOptional?.()).map((field) => `${name}.${field}`),
    );

    expect(personal.map(({ name }) => name)).toEqual(expect.arrayContaining(['customer.registered', 'order.placed']));
    expect(needed).toEqual([]);
  });

  it('are events that name no person but in fields that are declared so', () => {
    const events = classes.map(describeMessage).filter(({ schema }) => schema);
    const telling = events.flatMap(({ name, schema, personal }) =>
      Object.keys(schema!.shape)
        .filter((field) => PERSONAL.test(field) && !personal?.fields.includes(field))
        .map((field) => `${name}.${field}`),
    );

    expect(events.length).toBeGreaterThan(20);
    // A product's name is nobody's.
    expect(telling).toEqual(['product.defined.name']);
  });
});
