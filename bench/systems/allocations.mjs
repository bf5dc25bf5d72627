import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { AllocationModule } from '../../dist/src/allocation/allocation.module.js';
import { Allocate } from '../../dist/src/allocation/application/allocate.js';
import { CreateBatch, DefineProduct } from '../../dist/src/allocation/index.js';
import { LOCK, READ_STOCK, WRITE } from '../../dist/src/allocation/infrastructure/product.sql.js';
import { AppConfig, readConfig } from '../../dist/src/app.config.js';
import { DatabaseModule } from '../../dist/src/database/database.module.js';
import { KernelModule } from '../../dist/src/kernel/kernel.module.js';
import { MessagingModule } from '../../dist/src/messaging/index.js';
import { poolOf, transact } from './pool.mjs';

const CLIENTS = 32;
const SKUS = 100;

class Configuration {}
class AllocationsModule {}

/** The shop's allocation module; events are recorded, and nobody handles them. Its skus are called stream-0 and so on. */
export default class Allocations {
  schema = 'allocation';

  constructor(databaseUrl) {
    this.databaseUrl = databaseUrl;
  }

  async prepare() {
    await this.open();
    const unitPrice = { amount: 4_999, currency: 'EUR' };
    for (let n = 0; n < SKUS; n++) {
      const sku = `stream-${n}`;
      const product = { sku, name: sku, unitPrice, active: true, backorderPolicy: 'deny' };
      await this.commands.execute(new DefineProduct(product));
      await this.commands.execute(new CreateBatch({ ref: `batch-${n}`, sku, quantity: 10_000_000, eta: null }));
    }
    await this.close();
  }

  async open() {
    const database = { databaseUrl: this.databaseUrl, requestPoolSize: CLIENTS, migrate: true };
    const configuration = {
      module: Configuration,
      global: true,
      providers: [{ provide: AppConfig, useValue: readConfig({}) }],
      exports: [AppConfig],
    };
    const imports = [
      configuration,
      DatabaseModule.forRoot(database),
      KernelModule,
      MessagingModule.forRoot({ deliver: false }),
      CqrsModule.forRoot(),
      AllocationModule,
    ];
    const module = { module: AllocationsModule, imports };
    this.app = await NestFactory.createApplicationContext(module, { logger: ['fatal', 'error', 'warn'] });
    this.commands = this.app.get(CommandBus);
    this.pool = poolOf(this.databaseUrl, CLIENTS);
  }

  async allocate(sku) {
    const line = { orderId: randomUUID(), lineId: randomUUID(), sku, quantity: 1, customerId: 'customer-1' };
    await this.commands.execute(new Allocate(line, 'order'));
  }

  /** The same statements, and as much of the rules as one line on one batch needs. */
  async byHand(sku) {
    const [orderId, lineId] = [randomUUID(), randomUUID()];
    let write;
    let event;
    await transact(
      this.pool,
      async (client) => {
        const [{ rows: facts }, { rows: stock }] = await Promise.all([
          client.query({ name: 'lock', text: LOCK, values: [sku] }),
          client.query({ name: 'read', text: READ_STOCK, values: [sku, null, [orderId], [lineId]] }),
        ]);
        const [{ version, name, unitPrice, active, backorderPolicy, ranOut }] = facts;
        const [{ ref, ...batch }] = stock[0].batches;
        const shares = [{ ref, quantity: 1 }];
        const asked = { orderId, lineId, origin: 'order', customerId: 'customer-1', requested: 1, quantity: 1 };
        write = [
          sku,
          version,
          version + 1,
          name,
          unitPrice.amount,
          unitPrice.currency,
          active,
          backorderPolicy,
          ranOut,
        ];
        write.push(JSON.stringify([{ ref, ...batch, allocated: batch.allocated + 1 }]));
        write.push(JSON.stringify([{ ...asked, state: 'allocated', shares }]));
        event = JSON.stringify({ sku, orderId, lineId, shares, allocatedAt: new Date() });
      },
      async (client) => {
        const written = client.query({ name: 'write', text: WRITE, values: write });
        await Promise.all([
          written,
          client.query({ name: 'append', text: APPEND, values: [randomUUID(), sku, event] }),
        ]);
      },
    );
  }

  async close() {
    await this.pool.end();
    await this.app.close();
  }
}

const APPEND = `
  insert into messaging.outbox (event_id, stream_type, stream_id, stream_version, partition, type, schema_version, payload,
                                headers, occurred_at)
  values ($1, 'product', $2, 1, 0, 'product.stock-allocated', 1, $3, '{}', clock_timestamp())`;
