import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import pg from 'pg';
import { AllocationModule } from '../../dist/src/allocation/allocation.module.js';
import { Allocate } from '../../dist/src/allocation/application/allocate.js';
import { CreateBatch, DefineProduct } from '../../dist/src/allocation/index.js';
import * as sql from '../../dist/src/allocation/infrastructure/product.sql.js';
import { AppConfig, readConfig } from '../../dist/src/app.config.js';
import { connectionOptions } from '../../dist/src/database/connection-options.js';
import { DatabaseModule } from '../../dist/src/database/database.module.js';
import { KernelModule } from '../../dist/src/kernel/kernel.module.js';
import { MessagingModule } from '../../dist/src/messaging/index.js';
import { transact } from './bare.mjs';

const CONNECTIONS = 10;
const UNITS = 1_000_000;
const PARTITIONS = 16;

class Configuration {}
const configuration = {
  module: Configuration,
  global: true,
  providers: [{ provide: AppConfig, useValue: readConfig({}) }],
  exports: [AppConfig],
};

class FloorModule {}
Module({})(FloorModule);

/** The allocation module in this process; its events are recorded, and nobody handles them meanwhile. */
export class Floor {
  name = 'Aftercommit';

  static async open(databaseUrl) {
    const floor = new Floor();
    const imports = [
      configuration,
      DatabaseModule.forRoot({ databaseUrl, requestPoolSize: CONNECTIONS, migrate: true }),
      KernelModule,
      MessagingModule.forRoot({ deliver: false }),
      CqrsModule.forRoot(),
      AllocationModule,
    ];
    const module = { module: FloorModule, imports };
    floor.app = await NestFactory.createApplicationContext(module, { logger: ['fatal', 'error', 'warn'] });
    floor.commands = floor.app.get(CommandBus);
    return floor;
  }

  /** Products whose stock lasts longer than any round. */
  async stock(skus) {
    const unitPrice = { amount: 1_000, currency: 'EUR' };
    for (const sku of skus) {
      await this.commands.execute(
        new DefineProduct({ sku, name: sku, unitPrice, active: true, backorderPolicy: 'deny' }),
      );
      await this.commands.execute(new CreateBatch({ ref: `${sku}-1`, sku, quantity: UNITS, eta: null }));
    }
  }

  async allocate(sku) {
    const line = { orderId: randomUUID(), lineId: randomUUID(), sku, quantity: 1, customerId: 'customer-1' };
    await this.commands.execute(new Allocate(line, 'order'));
  }

  async close() {
    await this.app.close();
  }
}

/** The same statements by hand on `pg`, prepared, with no aggregate, no framework and no retry between them. */
export class FloorByHand {
  name = 'the same SQL by hand';

  static async open(databaseUrl) {
    const floor = new FloorByHand();
    const options = { ...connectionOptions({}).extra, connectionString: databaseUrl, max: CONNECTIONS };
    floor.pool = new pg.Pool(options).on('error', () => undefined);
    return floor;
  }

  async allocate(sku) {
    const line = { orderId: randomUUID(), lineId: randomUUID(), origin: 'order', customerId: 'customer-1' };
    const share = { ref: `${sku}-1`, quantity: 1 };
    const work = async (client) => {
      const facts = await first(client, 'lock', sql.LOCK, [sku]);
      const stock = await first(client, 'stock', sql.READ_STOCK, [sku, null, [line.orderId], [line.lineId]]);
      const [batch] = stock.batches;
      const lines = [{ ...line, requested: 1, quantity: 1, state: 'allocated', shares: [share] }];
      const { name, unitPrice, active, backorderPolicy, ranOut, version } = facts;
      const product = [
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
      const rows = [JSON.stringify([{ ...batch, allocated: batch.allocated + 1 }]), JSON.stringify(lines)];
      await first(client, 'write', sql.WRITE, [...product, ...rows]);
    };
    await transact(this.pool, work, (client) => append(client, sku, { ...line, sku, shares: [share] }));
  }

  async close() {
    await this.pool.end();
  }
}

async function first(client, name, text, values) {
  const { rows } = await client.query({ name, text, values });
  return rows[0];
}

function append(client, sku, payload) {
  const text = `
    insert into messaging.outbox (event_id, stream_type, stream_id, stream_version, partition, type, schema_version,
                                  payload, headers, occurred_at)
    values ($1, 'product', $2, 1, $3, 'product.line-allocated', 1, $4, '{}', clock_timestamp())`;
  const partition = sku.length % PARTITIONS;
  return client.query({ name: 'append', text, values: [randomUUID(), sku, partition, JSON.stringify(payload)] });
}
