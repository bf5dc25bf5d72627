import 'reflect-metadata';
import { Inject } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventsHandler } from '@nestjs/cqrs';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { connectionOptions } from '../../dist/src/database/connection-options.js';
import { Consumer, Fields, Message, MessagingModule, UnitOfWork } from '../../dist/src/messaging/index.js';
import { MessagingTestKit } from '../../dist/src/messaging/testing.js';
import { insertEffect, insertFact } from './tables.mjs';

/** @typedef {import('../../dist/src/messaging/index.js').MessagingOptions} MessagingOptions */

class Happened extends Fields({ stream: z.string(), number: z.int() }) {}
Message('bench.happened')(Happened);

class WriteEffect {
  /** @type {(event: Happened) => void} */
  onHandle = () => undefined;

  constructor(dataSource, schema) {
    this.dataSource = dataSource;
    this.statement = insertEffect(schema);
  }

  async handle(event) {
    this.onHandle(event);
    await this.dataSource.query(this.statement, [event.stream, event.number]);
  }
}
Inject(DataSource)(WriteEffect, undefined, 0);
Inject('schema')(WriteEffect, undefined, 1);
EventsHandler(Happened)(WriteEffect);
Consumer('bench.write-effect')(WriteEffect);

class BenchModule {}

/** An application on the core with one durable handler, as plain NestJS code would have it. */
export class Core {
  name = 'Aftercommit';
  schema = 'core';

  /**
   * @param {string} databaseUrl
   * @param {{ requestPoolSize?: number } & MessagingOptions} [options]
   */
  static async start(databaseUrl, { requestPoolSize = 10, ...options } = {}) {
    const core = new Core();
    const orm = { ...connectionOptions({ databaseUrl, requestPoolSize }), entities: [] };
    const module = {
      module: BenchModule,
      imports: [TypeOrmModule.forRoot(orm), MessagingModule.forRoot({ ...options, schema: core.schema })],
      providers: [WriteEffect, { provide: 'schema', useValue: core.schema }],
    };
    core.app = await NestFactory.createApplicationContext(module, { logger: ['fatal', 'error', 'warn'] });
    core.unitOfWork = core.app.get(UnitOfWork);
    core.insertFact = insertFact(core.schema);
    return core;
  }

  set onHandle(callback) {
    this.app.get(WriteEffect).onHandle = callback;
  }

  /** One transaction that writes one row and one event. */
  async publish(stream, number) {
    await this.unitOfWork.run(async (manager) => {
      await manager.query(this.insertFact, [stream, number]);
      const event = new Happened({ stream, number });
      this.unitOfWork.record({ type: 'bench', id: stream, version: number }, [event]);
    });
  }

  /** Hands on what is committed; resolves when all of it is handled. */
  async deliver() {
    await new MessagingTestKit(this.app).settled();
  }

  async stop() {
    await this.app.close();
  }
}
