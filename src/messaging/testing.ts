import type { INestApplicationContext } from '@nestjs/common';
import { MessagingClock } from './clock.js';
import { Connections } from './connections.js';
import type { Duration } from './decorators.js';
import { decodeMessage } from './encode.js';
import { describeMessage, type MessageClass } from './message.js';
import { Messaging } from './messaging.js';
import { milliseconds } from './options.js';
import { OutboxForwarder } from './outbox-forwarder.js';

/** Stands still until it is told to advance; put it in place of {@link MessagingClock} to drive retries and delays. */
export class TestClock extends MessagingClock {
  #now = new Date();

  override now(): Date {
    return new Date(this.#now);
  }

  advance(by: Duration): void {
    this.#now = new Date(this.#now.getTime() + milliseconds(by));
  }
}

/** What a test asks an application that runs on the messaging core. */
export class MessagingTestKit {
  constructor(private readonly app: INestApplicationContext) {}

  /** Resolves when everything that was committed has been handled, and all that is due now has run. */
  async settled(): Promise<void> {
    await this.app.get(Messaging).settle();
  }

  /** The events of a class that are in the log, oldest first. */
  async published<T extends object>(type: MessageClass<T>): Promise<T[]> {
    await this.settled();
    const connections = this.app.get(Connections, { strict: false });
    const schema = this.app.get(OutboxForwarder).schema;
    const rows = await connections.query<{ payload: object; version: number }>({
      text: `select l.schema_version as version, l.payload || coalesce(p.data, '{}') as payload
               from ${schema}.event_log l left join ${schema}.event_personal p using (event_id)
              where l.type = $1 order by l.position`,
      values: [describeMessage(type).name],
    });
    return rows.map(({ payload, version }) => decodeMessage(type, payload, version) as T);
  }
}
