import { randomUUID } from 'node:crypto';
import { Global, Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { CommandBus, CqrsModule, QueryBus } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { AllocationModule } from '../../../src/allocation/allocation.module.js';
import { Allocate } from '../../../src/allocation/application/allocate.js';
import { AllocationQueries } from '../../../src/allocation/application/allocation.queries.js';
import { Deallocate } from '../../../src/allocation/application/deallocate.js';
import type { LineKey, Origin, WantedLine } from '../../../src/allocation/domain/line.js';
import { CreateBatch, DefineProduct, type BackorderPolicy } from '../../../src/allocation/index.js';
import { AppConfig, readConfig } from '../../../src/app.config.js';
import { DatabaseModule } from '../../../src/database/database.module.js';
import { KernelModule } from '../../../src/kernel/kernel.module.js';
import { MessagingModule } from '../../../src/messaging/index.js';
import { createTestDatabase } from '../../support/database.js';

@Global()
@Module({ providers: [{ provide: AppConfig, useValue: readConfig({}) }], exports: [AppConfig] })
class Configuration {}

/** The allocation module on PostgreSQL, in this process; events are recorded, and nobody handles them. */
export class ShopFloor {
  static async open(): Promise<ShopFloor> {
    const database = await createTestDatabase();
    const module = await Test.createTestingModule({
      imports: [
        Configuration,
        DatabaseModule.forRoot({ databaseUrl: database.url, requestPoolSize: 10, migrate: true }),
        KernelModule,
        MessagingModule.forRoot({ deliver: false }),
        CqrsModule.forRoot(),
        AllocationModule,
      ],
    }).compile();
    return new ShopFloor(await module.init(), database.drop);
  }

  readonly commands: CommandBus;
  readonly queries: QueryBus;
  readonly allocations: AllocationQueries;
  readonly database: DataSource;

  private constructor(
    private readonly app: INestApplicationContext,
    private readonly drop: () => Promise<void>,
  ) {
    this.commands = app.get(CommandBus);
    this.queries = app.get(QueryBus);
    this.allocations = app.get(AllocationQueries);
    this.database = app.get(DataSource);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.drop();
  }

  get<T>(provider: Type<T> | (abstract new (...args: never[]) => T)): T {
    return this.app.get(provider);
  }

  async define(sku: string, backorderPolicy: BackorderPolicy): Promise<void> {
    const unitPrice = { amount: 4_999, currency: 'EUR' };
    await this.commands.execute(new DefineProduct({ sku, name: sku, unitPrice, active: true, backorderPolicy }));
  }

  async createBatch(sku: string, ref: string, quantity: number, eta: string | null = null): Promise<boolean> {
    return this.commands.execute(new CreateBatch({ sku, ref, quantity, eta }));
  }

  async allocate(line: WantedLine, origin: Origin = 'order'): Promise<void> {
    await this.commands.execute(new Allocate(line, origin));
  }

  async deallocate(line: WantedLine, keep = 0): Promise<void> {
    await this.commands.execute(new Deallocate(line, keep, 'order'));
  }

  async stateOf(line: LineKey): Promise<string> {
    return (await this.allocations.get(line)).state;
  }

  async batch(ref: string): Promise<{ allocated: number; shipped: number; writtenBy: string }> {
    const rows = await this.database.query(
      'SELECT allocated, shipped, xmin::text AS "writtenBy" FROM allocation.batches WHERE ref = $1',
      [ref],
    );
    return rows[0];
  }
}

export const line = (sku: string, quantity: number, orderId: string = randomUUID()): WantedLine => ({
  orderId,
  lineId: randomUUID(),
  sku,
  quantity,
});

export const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
