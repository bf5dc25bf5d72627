import { decodeMessage } from './encode.js';
import { MessagingUsageError } from './errors.js';
import { classesNamed, describeMessage, type MessageClass } from './message.js';

/** A stored message of a type that this code does not know, perhaps after rolling back a deployment. */
export class UnknownMessageError extends Error {
  override readonly name = 'UnknownMessageError';
}

/** A stored message; of an event, with the names of its fields that lie apart. */
interface DescribedMessage {
  readonly type: string;
  readonly payload: object;
  readonly personal?: readonly string[];
}

/** The classes of stored messages, by name. */
export class MessageCatalog {
  readonly #classes = new Map<string, MessageClass>();

  /** Throws where another class has the name already. */
  add(target: MessageClass): void {
    const { name } = describeMessage(target);
    const other = [...classesNamed(name), this.#classes.get(name) ?? target].find((known) => known !== target);
    if (other) throw new MessagingUsageError(`two messages are called "${name}": ${target.name} and ${other.name}`);
    this.#classes.set(name, target);
  }

  decode(type: string, payload: object): object {
    const target = this.#classes.get(type) ?? this.lookUp(type);
    if (!target) throw new UnknownMessageError(`no class is known for messages of type "${type}"`);
    return decodeMessage(target, payload);
  }

  /**
   * For log lines: the name that a reader would look for in the code, and the fields but for personal ones. Those that
   * lie apart are told by the row, since no class does for a type that isn't known here.
   */
  describe({ type, payload, personal = [] }: DescribedMessage): string {
    const target = this.#classes.get(type) ?? this.lookUp(type);
    const hidden = [...personal, ...((target && describeMessage(target).personal?.fields) ?? [])];
    const fields = Object.entries(payload).filter(([name]) => !hidden.includes(name));
    const named = fields.map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    return `${target?.name ?? type}(${named.join(', ')})`;
  }

  /** Events that only sagas see are in no handler's list; their `@Message` tells of them. */
  private lookUp(type: string): MessageClass | undefined {
    const [target, second] = classesNamed(type);
    if (second) throw new MessagingUsageError(`two messages are called "${type}": ${target!.name} and ${second.name}`);
    if (target) this.#classes.set(type, target);
    return target;
  }
}
