import 'reflect-metadata';
import { z } from 'zod';

export type MessageClass<T extends object = object> = abstract new (...args: never[]) => T;

/** An aggregate's stream: the unit of ordering. */
export interface Stream {
  readonly type: string;
  readonly id: string;
}

/** From a payload of an older `version`; fields that lie apart and are erased are missing. */
export type Upcast = (payload: Readonly<Record<string, unknown>>, version: number) => Record<string, unknown>;

export interface MessageOptions<T extends object = object> {
  /** Raised whenever the shape changes; at least 1 (the default). */
  version?: number;
  /** Encodes and decodes the payload; without it the payload is plain JSON. */
  schema?: z.ZodObject;
  /** Brings the JSON that an older version wrote to the shape of this one. */
  upcast?: Upcast;
  /** The stream of an event that no aggregate records; without it such an event has no order. */
  stream?: (message: T) => readonly [type: string, id: string];
  /** Fields that lie apart from the log, so that they can be erased, and the id of the person whom they concern. */
  personal?: { subject: (message: T) => string; fields: readonly string[] };
}

export interface MessageDescription {
  readonly name: string;
  readonly version: number;
  readonly schema?: z.ZodObject;
  readonly upcast?: Upcast;
  readonly stream?: (message: never) => readonly [string, string];
  readonly personal?: { subject: (message: never) => string; fields: readonly string[] };
  /** False where the class name stands in for a name that nobody gave. */
  readonly named: boolean;
}

const DESCRIPTION = Symbol('aftercommit:message');
const SCHEMA = Symbol('aftercommit:fields');
/** Classes by name, so that stored messages find their class even when only a saga consumes them. */
const namedClasses = new Map<string, Set<MessageClass>>();

/** Gives a message its stable name: it survives renames of the class. */
export function Message<T extends object>(name: string, options: MessageOptions<T> = {}) {
  return <C extends MessageClass<T>>(target: C): void => {
    const schema = options.schema ?? (target as unknown as { [SCHEMA]?: z.ZodObject })[SCHEMA];
    const description = { ...options, name, version: options.version ?? 1, schema, named: true };
    Reflect.defineMetadata(DESCRIPTION, description, target);
    const classes = namedClasses.get(name) ?? new Set();
    namedClasses.set(name, classes.add(target));
  };
}

/**
 * A base class whose instances hold exactly the fields of a schema: one declaration gives the type, the validation and
 * the JSON form.
 *
 * ```ts
 * @Message('order.shipped')
 * export class OrderShipped extends Fields({ orderId: z.uuid(), shippedAt: instant }) {}
 * ```
 */
export function Fields<S extends z.ZodRawShape>(
  shape: S,
): new (fields: z.output<z.ZodObject<S>>) => Readonly<z.output<z.ZodObject<S>>> {
  return class {
    static readonly [SCHEMA] = z.object(shape);
    constructor(fields: z.output<z.ZodObject<S>>) {
      Object.assign(this, fields);
    }
  } as never;
}

/** A `Date` in memory, an ISO 8601 string in JSON. */
export const instant = z.codec(z.iso.datetime({ offset: true }), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

export function describeMessage(target: MessageClass): MessageDescription {
  return Reflect.getOwnMetadata(DESCRIPTION, target) ?? { name: target.name, version: 1, named: false };
}

export function messageName(message: object): string {
  return describeMessage(message.constructor as MessageClass).name;
}

/** The classes that carry a name; more than one is an error that the boot check reports. */
export function classesNamed(name: string): readonly MessageClass[] {
  return [...(namedClasses.get(name) ?? [])];
}
