import 'reflect-metadata';
import { Inject } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventsHandler } from '@nestjs/cqrs';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { connectionOptions } from '../../dist/src/database/connection-options.js';
import {
  Consumer,
  Fields,
  Message,
  MessagingModule,
  OutboxForwarder,
  UnitOfWork,
} from '../../dist/src/messaging/index.js';
import { MessagingTestKit } from '../../dist/src/messaging/testing.js';
import { createMessaging, insertEvents } from './outbox.mjs';
import { commitAtOnce, poolOf } from './pool.mjs';
import { insertEffect, insertEffects, insertFact } from './tables.mjs';

/** @typedef {import('../../dist/src/messaging/index.js').MessagingOptions} MessagingOptions */

class Happened extends Fields({ stream: z.string(), number: z.int() }) {}
Message('bench.happened')(Happened);

/** A class of its own in each application: which methods it has is said where it is made. */
function writeEffect(schema, { batch, together }) {
  class WriteEffect {
    /** @type {(event: Happened) => void} */
    onHandle = () => undefined;

    constructor(dataSource) {
      this.dataSource = dataSource;
    }
  }
  const ways = {
    async handle(event) {
      this.onHandle(event);
      await this.dataSource.query(insertEffect(schema), [event.stream, event.number]);
    },
    async handleBatch(events) {
      for (const event of events) this.onHandle(event);
      const columns = [events.map(({ stream }) => stream), events.map(({ number }) => number)];
      await this.dataSource.query(insertEffects(schema), columns);
    },
  };
  const way = together ? 'handleBatch' : 'handle';
  WriteEffect.prototype[way] = ways[way];
  Inject(DataSource)(WriteEffect, undefined, 0);
  EventsHandler(Happened)(WriteEffect);
  Consumer('bench.write-effect', { batch })(WriteEffect);
  return WriteEffect;
}

class BenchModule {}

/** An application on the core with one durable handler, as plain NestJS code would have it. */
export default class Core {
  /**
   * @param {string} [use] what it is measured at
   * @param {{ schema?: string, batch?: number, together?: boolean }} [set] `together`: its handler gets the batch in one call
   */
  constructor(databaseUrl, use, { schema = 'core', batch = use === 'batched' ? 100 : 1, together = batch > 1 } = {}) {
    this.databaseUrl = databaseUrl;
    this.schema = schema;
    this.claimPattern = String.raw`${schema}\.tick\(|from ${schema}\.event_log`;
    this.insertFact = insertFact(schema);
    this.Handler = writeEffect(schema, { batch, together });
  }

  async prepare(client) {
    await createMessaging(client, this.schema);
  }

  /** @param {MessagingOptions} [options] */
  async open(options = {}) {
    this.delivers = options.deliver ?? true;
    const orm = { ...connectionOptions({ databaseUrl: this.databaseUrl, requestPoolSize: 16 }), entities: [] };
    const module = {
      module: BenchModule,
      imports: [TypeOrmModule.forRoot(orm), MessagingModule.forRoot({ ...options, schema: this.schema })],
      providers: [this.Handler],
    };
    this.app = await NestFactory.createApplicationContext(module, { logger: ['fatal', 'error', 'warn'] });
    this.unitOfWork = this.app.get(UnitOfWork);
    this.control = poolOf(this.databaseUrl, 1);
  }

  set onHandle(callback) {
    this.app.get(this.Handler).onHandle = callback;
  }

  /** One transaction that writes one row and one event. */
  async publish(stream, number) {
    await this.unitOfWork.run(async (manager) => {
      await manager.query(this.insertFact, [stream, number]);
      const event = new Happened({ stream, number });
      this.unitOfWork.record({ type: 'bench', id: stream, version: number }, [event]);
    });
  }

  async hand(load) {
    const committed = await commitAtOnce(this.control, (client) => insertEvents(client, this.schema, load));
    // Written past the unit of work, which would have said so.
    if (this.delivers) this.app.get(OutboxForwarder).kick();
    return committed;
  }

  /** Resolves when everything committed is handled. */
  async finished() {
    await new MessagingTestKit(this.app).settled();
  }

  async poll() {
    await this.app.get(OutboxForwarder).tick();
  }

  /** What was committed is in the outbox; an instance that lags behind finds it in the log. */
  async filled(client) {
    const text = `select n from ${this.schema}.sequence_outbox(1000)`;
    for (let moved = 1; moved > 0;) moved = (await client.query(text)).rows[0].n;
  }

  async clear(client) {
    await client.query(`truncate ${this.schema}.outbox`);
  }

  async close() {
    await this.control.end();
    await this.app.close();
  }
}
