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
  readonly version: number;
  readonly payload: object;
  readonly personal?: readonly string[];
}

/** The classes of stored messages, by name. */
export class MessageCatalog {
  readonly #classes = new Map<string, MessageClass>();
  /** Class names that several classes have: they can't stand in for a name that nobody gave. */
  readonly #ambiguous = new Set<string>();

  /** Throws where another class has the name already. */
  add(target: MessageClass): void {
    const { name } = describeMessage(target);
    const other = [...classesNamed(name), this.#classes.get(name) ?? target].find((known) => known !== target);
    if (other) throw new MessagingUsageError(sameName(name, target, other));
    this.#classes.set(name, target);
  }

  /** Takes a class up that may be stored, or may not: only then does its name have to be its own. */
  offer(target: MessageClass): boolean {
    const { name } = describeMessage(target);
    const known = this.#classes.get(name);
    if (known === target) return true;
    if (known) this.#ambiguous.add(name);
    else this.#classes.set(name, target);
    return !known;
  }

  /** Whether a stored message of this class would be rebuilt as what it is. */
  knows(target: MessageClass): boolean {
    const { name } = describeMessage(target);
    return this.#classes.get(name) === target && !this.#ambiguous.has(name);
  }

  /** Whether stored messages of this type have a class here. */
  has(type: string): boolean {
    return this.#classes.has(type) || classesNamed(type).length > 0;
  }

  decode({ type, payload, version }: DescribedMessage): object {
    const target = this.#classes.get(type) ?? this.lookUp(type);
    if (!target) throw new UnknownMessageError(`no class is known for messages of type "${type}"`);
    return decodeMessage(target, payload, version);
  }

  /** The message, or its fields where it can't be rebuilt. */
  rebuild(stored: DescribedMessage): object {
    try {
      return this.decode(stored);
    } catch {
      return stored.payload;
    }
  }

  /**
   * For log lines: the name that a reader would look for in the code, and the fields but for personal ones. Those that
   * lie apart are told by the row, since no class does for a type that isn't known here.
   */
  describe({ type, payload, personal = [] }: Omit<DescribedMessage, 'version'>): string {
    const target = this.#classes.get(type) ?? this.lookUp(type);
    const hidden = [...personal, ...((target && describeMessage(target).personal?.fields) ?? [])];
    const fields = Object.entries(payload).filter(([name]) => !hidden.includes(name));
    const named = fields.map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    return `${target?.name ?? type}(${named.join(', ')})`;
  }

  /** Events that only sagas see are in no handler's list; their `@Message` tells of them. */
  private lookUp(type: string): MessageClass | undefined {
    const [target, second] = classesNamed(type);
    if (second) throw new MessagingUsageError(sameName(type, target!, second));
    if (target) this.#classes.set(type, target);
    return target;
  }
}

function sameName(name: string, { name: one }: MessageClass, { name: other }: MessageClass): string {
  return `two messages are called "${name}": ${one} and ${other}; give one of them another name with @Message('…')`;
}
