import { randomUUID } from 'node:crypto';
import { Global, type INestApplicationContext, Module } from '@nestjs/common';
import { CommandBus, CqrsModule, QueryBus } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { AllocationModule } from '../../../src/allocation/allocation.module.js';
import { CreateBatch, DefineProduct } from '../../../src/allocation/index.js';
import { AppConfig, readConfig } from '../../../src/app.config.js';
import { RegisterCustomer } from '../../../src/customer/application/register-customer.js';
import { CustomerModule } from '../../../src/customer/customer.module.js';
import { DatabaseModule } from '../../../src/database/database.module.js';
import { KernelModule } from '../../../src/kernel/kernel.module.js';
import { MessagingModule, UnitOfWork } from '../../../src/messaging/index.js';
import { MessagingTestKit } from '../../../src/messaging/testing.js';
import {
  NotificationQueries,
  type NotificationWithAttempts,
} from '../../../src/notification/application/notification.queries.js';
import { ResendNotification } from '../../../src/notification/application/resend-notification.js';
import { mailCommands, NotificationModule } from '../../../src/notification/notification.module.js';
import { PlaceOrder } from '../../../src/order/application/place-order.js';
import { OrderModule } from '../../../src/order/order.module.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { eur, request } from '../../unit/order/given-order.js';

export const STAFF = 'staff@shop.example';

/** Everything but the money, on PostgreSQL, in this process: what the refund module tells is told by `tell`. */
export class MailDesk {
  /** With another desk's database it is the next instance on it. */
  static async open(environment: Readonly<Record<string, string>>, given?: TestDatabase): Promise<MailDesk> {
    const database = given ?? (await createTestDatabase());
    const config = readConfig({ MAIL_FROM: 'Shop, Inc. <mail@shop.example>', STAFF_MAIL: STAFF, ...environment });

    @Global()
    @Module({ providers: [{ provide: AppConfig, useValue: config }], exports: [AppConfig] })
    class Configuration {}

    const module = await Test.createTestingModule({
      imports: [
        Configuration,
        DatabaseModule.forRoot({ databaseUrl: database.url, requestPoolSize: 10, migrate: true }),
        KernelModule,
        MessagingModule.forRoot({ strictNames: true, commands: mailCommands(config), shutdownTimeout: '500ms' }),
        CqrsModule.forRoot(),
        OrderModule,
        AllocationModule,
        CustomerModule,
        NotificationModule,
      ],
    }).compile();
    return new MailDesk(await module.init(), database);
  }

  readonly queryBus: QueryBus;
  readonly notifications: NotificationQueries;
  readonly messaging: MessagingTestKit;
  readonly dataSource: DataSource;
  private readonly commands: CommandBus;
  private readonly unitOfWork: UnitOfWork;

  private constructor(
    readonly app: INestApplicationContext,
    readonly database: TestDatabase,
  ) {
    this.commands = app.get(CommandBus);
    this.queryBus = app.get(QueryBus);
    this.notifications = app.get(NotificationQueries, { strict: false });
    this.messaging = new MessagingTestKit(app);
    this.dataSource = app.get(DataSource);
    this.unitOfWork = app.get(UnitOfWork);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.database.drop();
  }

  /** Gives the id, which is a part of the address too. */
  async register(firstName = 'Ada', id = `c-${randomUUID()}`, email = addressOf(id)): Promise<string> {
    await this.commands.execute(new RegisterCustomer(id, { email, firstName, lastName: null, phone: null }));
    return id;
  }

  /** A product at 12.50 EUR. */
  async stock(sku: string, quantity: number): Promise<void> {
    const product = { sku, name: sku, unitPrice: eur(1_250), active: true, backorderPolicy: 'deny' } as const;
    await this.commands.execute(new DefineProduct(product));
    if (quantity > 0) await this.commands.execute(new CreateBatch({ sku, ref: `${sku}-1`, quantity, eta: null }));
  }

  async place(customerId: string, ...lines: readonly { sku: string; quantity: number }[]): Promise<string> {
    const { currency, shippingInfo } = request;
    return this.commands.execute(new PlaceOrder({ customerId, currency, shippingInfo, lines }));
  }

  /** Records events as if their modules had. */
  async tell(type: string, id: string, ...events: readonly object[]): Promise<void> {
    await this.unitOfWork.run(async () => this.unitOfWork.record({ type, id }, events));
  }

  async resend(id: string): Promise<void> {
    await this.commands.execute(new ResendNotification(id));
  }

  /** The one mail of a customer with this template, once it is as expected. */
  async mail(customerId: string, expected: Partial<NotificationWithAttempts>): Promise<NotificationWithAttempts> {
    return eventually(async () => {
      const { template } = expected;
      const { data } = await this.notifications.list({ customerId, template, limit: 100 });
      if (data.length !== 1) throw new Error(`${data.length} mails, not one`);
      const notification = await this.notifications.get(data[0]!.id);
      const asExpected = Object.entries(expected).every(([key, value]) => notification[key as 'status'] === value);
      if (!asExpected) throw new Error(JSON.stringify(notification));
      return notification;
    });
  }
}

export const addressOf = (customerId: string): string => `${customerId}@example.com`;
