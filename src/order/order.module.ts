import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { CancelOrderHandler } from './application/cancel-order.js';
import { ExpireOrderHandler, ExpireOrderWhenDue } from './application/expire-order.js';
import { MarkOrderPaidHandler } from './application/mark-order-paid.js';
import { GetOrderForPaymentHandler, OrderQueries } from './application/order.queries.js';
import { OrderSaga } from './application/order.saga.js';
import { OrderTimeline } from './application/order-timeline.js';
import { PlaceOrderHandler } from './application/place-order.js';
import { RecordLineStatusHandler } from './application/record-line-status.js';
import { ShipOrderHandler } from './application/ship-order.js';
import { Orders } from './domain/orders.js';
import { CancellationsController } from './http/cancellations.controller.js';
import { OrdersController } from './http/orders.controller.js';
import { PostgresOrders } from './infrastructure/postgres-orders.js';

const commandHandlers = [
  PlaceOrderHandler,
  RecordLineStatusHandler,
  MarkOrderPaidHandler,
  CancelOrderHandler,
  ExpireOrderHandler,
  ShipOrderHandler,
];
const eventHandlers = [OrderTimeline, ExpireOrderWhenDue];
const sagas = [OrderSaga];
const queries = [OrderQueries, GetOrderForPaymentHandler];
const repositories = [{ provide: Orders, useClass: PostgresOrders }];

@Module({
  imports: [CqrsModule],
  controllers: [OrdersController, CancellationsController],
  providers: [...commandHandlers, ...eventHandlers, ...sagas, ...queries, ...repositories],
})
export class OrderModule {}
