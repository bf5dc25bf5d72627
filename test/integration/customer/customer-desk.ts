import { Global, type INestApplicationContext, Module, type Provider } from '@nestjs/common';
import { CommandBus, CqrsModule, QueryBus } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { AppConfig, readConfig } from '../../../src/app.config.js';
import { CustomerQueries } from '../../../src/customer/application/customer.queries.js';
import { CustomerModule } from '../../../src/customer/customer.module.js';
import { DatabaseModule } from '../../../src/database/database.module.js';
import { KernelModule } from '../../../src/kernel/kernel.module.js';
import { MessagingModule, UnitOfWork } from '../../../src/messaging/index.js';
import { MessagingTestKit } from '../../../src/messaging/testing.js';
import { OrderCanceled, OrderPaid } from '../../../src/order/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { ANNA, eur, NOW, orderId } from '../../unit/customer/given-customer.js';

@Global()
@Module({ providers: [{ provide: AppConfig, useValue: readConfig({}) }], exports: [AppConfig] })
class Configuration {}

interface DeskOptions {
  /** Another desk's, to run two instances on one. */
  readonly database?: TestDatabase;
  /** The handlers of the modules that aren't here. */
  readonly others?: readonly Provider[];
}

/** The customer module on PostgreSQL, in this process, and what the order module would tell it. */
export class CustomerDesk {
  static async open({ database, others = [] }: DeskOptions = {}): Promise<CustomerDesk> {
    const own = database ?? (await createTestDatabase());
    const module = await Test.createTestingModule({
      imports: [
        Configuration,
        DatabaseModule.forRoot({ databaseUrl: own.url, requestPoolSize: 20, migrate: true }),
        KernelModule,
        MessagingModule.forRoot({ strictNames: true }),
        CqrsModule.forRoot(),
        CustomerModule,
      ],
      providers: [...others],
    }).compile();
    return new CustomerDesk(await module.init(), own, database ? async () => undefined : own.drop);
  }

  readonly commands: CommandBus;
  readonly queryBus: QueryBus;
  readonly customers: CustomerQueries;
  readonly messaging: MessagingTestKit;
  private readonly dataSource: DataSource;
  private readonly unitOfWork: UnitOfWork;

  private constructor(
    readonly app: INestApplicationContext,
    readonly database: TestDatabase,
    private readonly drop: () => Promise<void>,
  ) {
    this.commands = app.get(CommandBus);
    this.queryBus = app.get(QueryBus);
    this.customers = app.get(CustomerQueries);
    this.messaging = new MessagingTestKit(app);
    this.dataSource = app.get(DataSource);
    this.unitOfWork = app.get(UnitOfWork);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.drop();
  }

  query<R>(sql: string, parameters?: unknown[]): Promise<R[]> {
    return this.dataSource.query(sql, parameters);
  }

  async paid(n: number, customerId: string = ANNA, amount = 1_000): Promise<void> {
    await this.tell(n, new OrderPaid({ orderId: orderId(n), customerId, total: eur(amount), paidAt: NOW }));
  }

  async canceled(n: number, customerId: string = ANNA): Promise<void> {
    const cancellation = { cancellationId: orderId(n), reason: 'customer' as const, lines: [], canceledAt: NOW };
    await this.tell(n, new OrderCanceled({ orderId: orderId(n), customerId, ...cancellation }));
  }

  private async tell(n: number, event: object): Promise<void> {
    await this.unitOfWork.run(async () => this.unitOfWork.record({ type: 'order', id: orderId(n) }, [event]));
  }
}
