import { randomUUID } from 'node:crypto';
import { type DynamicModule, Global, type INestApplicationContext, Module } from '@nestjs/common';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { AllocationModule } from '../../../src/allocation/allocation.module.js';
import { CreateBatch, DefineProduct } from '../../../src/allocation/index.js';
import { AppConfig, readConfig } from '../../../src/app.config.js';
import { DatabaseModule } from '../../../src/database/database.module.js';
import { KernelModule } from '../../../src/kernel/kernel.module.js';
import { MessagingModule, UnitOfWork } from '../../../src/messaging/index.js';
import { MessagingTestKit } from '../../../src/messaging/testing.js';
import { CancelOrder } from '../../../src/order/application/cancel-order.js';
import { CancelOrderLines } from '../../../src/order/application/cancel-order-lines.js';
import { OrderQueries } from '../../../src/order/application/order.queries.js';
import { PlaceOrder } from '../../../src/order/application/place-order.js';
import { Orders } from '../../../src/order/domain/orders.js';
import { OrderModule } from '../../../src/order/order.module.js';
import { PaymentCaptured } from '../../../src/refund/index.js';
import { createTestDatabase } from '../../support/database.js';
import { eur, request } from '../../unit/order/given-order.js';

@Global()
@Module({})
class Configuration {}

const configuration = (settings: Record<string, string>): DynamicModule => ({
  module: Configuration,
  providers: [{ provide: AppConfig, useValue: readConfig(settings) }],
  exports: [AppConfig],
});

export interface OrderDeskOptions {
  readonly deliver?: boolean;
  /** By their environment variables. */
  readonly settings?: Record<string, string>;
}

/** The order and allocation modules on PostgreSQL, in this process; without `deliver` nobody handles what is recorded. */
export class OrderDesk {
  static async open({ deliver = true, settings = {} }: OrderDeskOptions = {}): Promise<OrderDesk> {
    const database = await createTestDatabase();
    const module = await Test.createTestingModule({
      imports: [
        configuration(settings),
        DatabaseModule.forRoot({ databaseUrl: database.url, requestPoolSize: 10, migrate: true }),
        KernelModule,
        MessagingModule.forRoot({ strictNames: true, deliver }),
        CqrsModule.forRoot(),
        OrderModule,
        AllocationModule,
      ],
    }).compile();
    return new OrderDesk(await module.init(), database.drop);
  }

  readonly commands: CommandBus;
  readonly orders: Orders;
  readonly queries: OrderQueries;
  readonly database: DataSource;
  readonly messaging: MessagingTestKit;
  private readonly unitOfWork: UnitOfWork;

  private constructor(
    readonly app: INestApplicationContext,
    private readonly drop: () => Promise<void>,
  ) {
    this.commands = app.get(CommandBus);
    this.orders = app.get(Orders);
    this.queries = app.get(OrderQueries);
    this.database = app.get(DataSource);
    this.messaging = new MessagingTestKit(app);
    this.unitOfWork = app.get(UnitOfWork);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.drop();
  }

  /** A product at 10.00 EUR with so many units in the house; without a single one it is not back-ordered either. */
  async stock(sku: string, quantity: number): Promise<void> {
    const product = { sku, name: sku, unitPrice: eur(1_000), active: true, backorderPolicy: 'deny' } as const;
    await this.commands.execute(new DefineProduct(product));
    if (quantity > 0) await this.commands.execute(new CreateBatch({ sku, ref: `${sku}-1`, quantity, eta: null }));
  }

  place(...lines: readonly { sku: string; quantity: number }[]): Promise<string> {
    return this.placeFor(request.customerId, ...lines);
  }

  placeFor(customerId: string, ...lines: readonly { sku: string; quantity: number }[]): Promise<string> {
    const { currency, shippingInfo } = request;
    return this.commands.execute(new PlaceOrder({ customerId, currency, shippingInfo, lines }));
  }

  cancelLines(orderId: string, ...lines: readonly { lineId: string; quantity: number }[]): Promise<string> {
    const by = { reason: 'customer', note: null, canceledBy: 'customer:anna' } as const;
    return this.commands.execute(new CancelOrderLines(orderId, lines, by));
  }

  cancel(orderId: string): Promise<string> {
    return this.commands.execute(new CancelOrder(orderId, 'customer', 'customer:anna'));
  }

  /** Refund's module isn't here; this is what it tells. */
  async capture(orderId: string, amount: number, paymentId: string = randomUUID()): Promise<void> {
    const payment = { paymentId, orderId, gateway: 'sandbox', amount: eur(amount), capturedAt: new Date() };
    await this.tell(['payment', paymentId], new PaymentCaptured(payment));
  }

  /** What another module's aggregate, which isn't here, records. */
  async tell([type, id]: readonly [type: string, id: string], ...events: object[]): Promise<void> {
    await this.unitOfWork.run(async () => this.unitOfWork.record({ type, id, version: 1 }, events));
  }
}
