import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Global, type INestApplicationContext, Module } from '@nestjs/common';
import { CommandBus, CqrsModule, QueryBus } from '@nestjs/cqrs';
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
import { ExpireOrder } from '../../../src/order/application/expire-order.js';
import { PlaceOrder } from '../../../src/order/application/place-order.js';
import { OrderLinesCanceled } from '../../../src/order/index.js';
import { OrderModule } from '../../../src/order/order.module.js';
import { OpenIntent } from '../../../src/refund/application/open-intent.js';
import { StartPayment } from '../../../src/refund/application/start-payment.js';
import { TakeWebhook } from '../../../src/refund/application/take-webhook.js';
import { PaymentGateways } from '../../../src/refund/domain/payment-gateway.js';
import { SandboxGateway } from '../../../src/refund/infrastructure/sandbox-gateway/sandbox-gateway.js';
import { SANDBOX_WEBHOOK_SECRET } from '../../../src/refund/infrastructure/sandbox-gateway/sandbox-keys.js';
import { RefundModule } from '../../../src/refund/refund.module.js';
import { createTestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { controlsOf } from '../../support/sandbox-controls.js';
import { eur, request } from '../../unit/order/given-order.js';

export const TOTAL = 1_000;

/** How an order's money stands. */
export interface Account {
  readonly captured: number;
  /** Refunds by reason, status, amount and attention. */
  readonly refunds: readonly string[];
  readonly owed: number;
}

/** The shop's modules around a payment, on PostgreSQL and with the real sandbox, in this process. */
export class Till {
  static async open({ deliver = true } = {}): Promise<Till> {
    const database = await createTestDatabase();
    const door = createServer();
    door.listen(0, '127.0.0.1');
    await once(door, 'listening');
    const url = () => `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
    const gateway = await SandboxGateway.listen({ port: 0, receiver: { url, secret: SANDBOX_WEBHOOK_SECRET } });
    const config = readConfig({ SANDBOX_GATEWAY_URL: gateway.url });

    @Global()
    @Module({ providers: [{ provide: AppConfig, useValue: config }], exports: [AppConfig] })
    class Configuration {}

    const module = await Test.createTestingModule({
      imports: [
        Configuration,
        DatabaseModule.forRoot({ databaseUrl: database.url, requestPoolSize: 10, migrate: true }),
        KernelModule,
        MessagingModule.forRoot({ strictNames: true, deliver, retry: ['100ms', '200ms', '500ms', '1s', '2s', '5s'] }),
        CqrsModule.forRoot(),
        OrderModule,
        AllocationModule,
        RefundModule,
      ],
    }).compile();
    const till = new Till(await module.init(), gateway, [door, database.drop]);
    till.hear(door);
    return till;
  }

  readonly commands: CommandBus;
  readonly queries: QueryBus;
  readonly database: DataSource;
  readonly messaging: MessagingTestKit;
  readonly sandbox: ReturnType<typeof controlsOf>;

  private constructor(
    readonly app: INestApplicationContext,
    private readonly gateway: SandboxGateway,
    private readonly closing: readonly [Server, () => Promise<void>],
  ) {
    this.commands = app.get(CommandBus);
    this.queries = app.get(QueryBus);
    this.database = app.get(DataSource);
    this.messaging = new MessagingTestKit(app);
    this.sandbox = controlsOf(gateway.url);
  }

  async close(): Promise<void> {
    const [door, drop] = this.closing;
    await this.gateway.close();
    door.close();
    await this.app.close();
    await drop();
  }

  async stock(): Promise<void> {
    const product = {
      sku: 'LAMP',
      name: 'LAMP',
      unitPrice: eur(TOTAL),
      active: true,
      backorderPolicy: 'deny',
    } as const;
    await this.commands.execute(new DefineProduct(product));
    await this.commands.execute(new CreateBatch({ sku: 'LAMP', ref: 'LAMP-1', quantity: 9_999, eta: null }));
  }

  place(): Promise<string> {
    const { customerId, currency, shippingInfo } = request;
    const lines = [{ sku: 'LAMP', quantity: 1 }];
    return this.commands.execute(new PlaceOrder({ customerId, currency, shippingInfo, lines }));
  }

  /** The intent of a new payment of what is left to pay. */
  async intent(orderId: string): Promise<string> {
    const paymentId = await this.commands.execute(new StartPayment(orderId, 'sandbox'));
    return (await this.commands.execute(new OpenIntent(paymentId))).gatewayPaymentId;
  }

  /** As somebody makes it who does not ask us. */
  async intentPastUs(orderId: string, amount = TOTAL): Promise<string> {
    const form = new URLSearchParams({ amount: String(amount), currency: 'eur', 'metadata[orderId]': orderId });
    const headers = { authorization: 'Bearer sk_sandbox' };
    const response = await fetch(`${this.sandbox.url}/v1/payment_intents`, { method: 'POST', headers, body: form });
    return ((await response.json()) as { id: string }).id;
  }

  async paid(): Promise<{ orderId: string; intent: string }> {
    const orderId = await this.place();
    const intent = await this.intent(orderId);
    await this.sandbox.pay(intent);
    return { orderId, intent };
  }

  cancel(orderId: string): Promise<string> {
    return this.commands.execute(new CancelOrder(orderId, 'customer', 'customer:anna'));
  }

  expire(orderId: string): Promise<void> {
    return this.commands.execute(new ExpireOrder(orderId));
  }

  /** What the order module tells of a cancellation of lines; how it comes to it is its own concern. */
  async cancelLines(orderId: string, amount: number, cancellationId: string = randomUUID()): Promise<void> {
    const unitOfWork = this.app.get(UnitOfWork);
    const line = { lineId: randomUUID(), sku: 'LAMP', quantity: 1, keep: 1, amount: eur(amount) };
    const event = new OrderLinesCanceled({
      orderId,
      customerId: 'anna',
      cancellationId,
      reason: 'staff',
      lines: [line],
      amount: eur(amount),
      canceledAt: new Date(),
    });
    await unitOfWork.run(async () => unitOfWork.record({ type: 'order', id: orderId, version: 99 }, [event]));
  }

  /** What the gateway still has of these intents. */
  async keptOf(intents: readonly string[]): Promise<number> {
    const { intents: all, refunds } = await this.sandbox.book();
    const paid = all.filter(({ id, status }) => intents.includes(id) && status === 'succeeded');
    const back = refunds.filter((each) => intents.includes(each.payment_intent) && each.status !== 'failed');
    const sum = (amounts: readonly { amount: number }[]) => amounts.reduce((total, { amount }) => total + amount, 0);
    return sum(paid) - sum(back);
  }

  async account(orderId: string): Promise<Account> {
    const [account] = await this.database.query<[Account]>(
      `select (select coalesce(sum(captured), 0)::int from refund.payments where order_id = $1) as captured,
              (select coalesce(array_agg(concat_ws(' ', reason, status, amount, attention) order by reason, amount), '{}')
                 from refund.refunds where order_id = $1 and status <> 'canceled') as refunds,
              (select greatest(balance, 0)::int from refund.owed where order_id = $1) as owed`,
      [orderId],
    );
    return account;
  }

  /** Waits until the order's money stands so. */
  async until(orderId: string, account: Partial<Account>, within = 15_000): Promise<void> {
    const differs = async () => {
      const now = await this.account(orderId);
      if (JSON.stringify({ ...now, ...account }) === JSON.stringify(now)) return true;
      throw new Error(`It stands ${JSON.stringify(now)} and not ${JSON.stringify(account)}`);
    };
    await eventually(differs, { within });
  }

  /** Makes it an hour later for what concerns the reconciliation, and the next night for the comparison of the books. */
  async reconcile(): Promise<void> {
    await this.database.query(
      `update refund.payments set started_at = started_at - interval '1 hour' where status = 'started'`,
    );
    await this.database.query(
      `update refund.refunds set changed_at = changed_at - interval '1 hour' where status in ('processing', 'pending')`,
    );
    await this.database.query(
      `update messaging.queued_command set due_at = now() where type in ('refund.reconcile', 'refund.compare-books')`,
    );
  }

  private hear(door: Server): void {
    door.on('request', (incoming, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
        const signature = incoming.headers['stripe-signature']?.toString();
        const notice = this.app.get(PaymentGateways).online('sandbox').readWebhook(Buffer.concat(chunks), signature);
        await this.commands.execute(new TakeWebhook('sandbox', notice));
        response.writeHead(200).end();
      })().catch(() => response.writeHead(500).end());
    });
  }
}
