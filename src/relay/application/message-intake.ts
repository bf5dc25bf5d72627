import { Injectable, Logger } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Counter, Registry } from 'prom-client';
import { DomainError } from '../../kernel/domain-error.js';
import { Inbox, isInfrastructureFailure, withHeaders } from '../../messaging/index.js';
import { commandOf } from './accepted-messages.js';
import { MessageIdMissing } from './errors.js';
import type { IncomingMessage } from './incoming-message.js';
import { ParkedMessages } from './parked-messages.js';

/** Printable, and as long as AMQP has them: what becomes a header of ours must be storable. */
const PLAIN = /^[\x20-\x7e]{1,255}$/;

/** Takes each message once, however often it is delivered: carries out what it asks for, or parks it. */
@Injectable()
export class MessageIntake {
  readonly #logger = new Logger('MessageIntake');
  readonly #parked: Counter;

  constructor(
    private readonly inbox: Inbox,
    private readonly commands: CommandBus,
    private readonly parked: ParkedMessages,
    registry: Registry,
  ) {
    const help = 'Messages from outside that could not be carried out.';
    this.#parked = new Counter({ name: 'aftercommit_messages_parked_total', help, registers: [registry] });
  }

  /** Resolves when the message is in our custody, done or parked; rejects where it can't be now: deliver it again. */
  async take(message: IncomingMessage): Promise<void> {
    try {
      const id = idOf(message);
      await this.inbox.once(message.source, id, () => this.carryOut(message));
    } catch (error) {
      if (isTemporary(error)) throw error;
      await this.park(message, error);
    }
  }

  /** Does what a message asks for, in the current unit of work. */
  async carryOut({ source, messageId, type, correlationId, body }: IncomingMessage): Promise<void> {
    const command = commandOf(type, body);
    const headers = {
      actor: plain(source) ?? 'rabbitmq',
      correlationId: plain(correlationId) ?? plain(messageId),
      causationId: plain(messageId),
    };
    await withHeaders(headers, () => this.commands.execute(command));
  }

  /** Parking takes it, too: a repeat of a parked message is not parked again. */
  private async park(message: IncomingMessage, error: unknown): Promise<void> {
    const { source, messageId, type } = message;
    const add = async () => this.parked.add(message, error);
    if (plain(messageId)) await this.inbox.once(source, messageId!, add);
    else await add();
    this.#parked.inc();
    this.#logger.error(`parked message ${messageId} of type ${type} from ${source}: ${String(error)}`);
  }
}

/** The message may be taken when it comes again; anything else would only fail again. */
export function isTemporary(error: unknown): boolean {
  return isInfrastructureFailure(error) || (error instanceof DomainError && error.kind === 'unavailable');
}

function idOf({ messageId }: IncomingMessage): string {
  const id = plain(messageId);
  if (!id) throw new MessageIdMissing();
  return id;
}

function plain(text: string | undefined): string | undefined {
  return text && PLAIN.test(text) ? text : undefined;
}
