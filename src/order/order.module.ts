import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AppConfig } from '../app.config.js';
import type { CommandSettings } from '../messaging/index.js';
import {
  ExportOrdersHandler,
  GetOrderForPaymentHandler,
  GetOrdersOfCustomerHandler,
} from './application/answer-queries.js';
import { CancelOrderHandler } from './application/cancel-order.js';
import { CancelOutOfStockHandler } from './application/cancel-out-of-stock.js';
import { CancelOrderLinesHandler } from './application/cancel-order-lines.js';
import { ChangeShippingInfoHandler } from './application/change-shipping-info.js';
import { ConfirmDeliveryHandler } from './application/confirm-delivery.js';
import { EraseCustomerFromOrders } from './application/erase-customer.js';
import { ExpireOrderHandler, ExpireOrderWhenDue } from './application/expire-order.js';
import { MarkOrderPaidHandler } from './application/mark-order-paid.js';
import { Offers } from './application/offers.js';
import { OrderQueries } from './application/order.queries.js';
import { OrderSaga } from './application/order.saga.js';
import { OrderTimeline } from './application/order-timeline.js';
import { PlaceOrderHandler } from './application/place-order.js';
import { RecordLineStatusHandler } from './application/record-line-status.js';
import { RecordVip } from './application/record-vip.js';
import { ShipOrderHandler } from './application/ship-order.js';
import { SynchronizeShippingInfo, SynchronizeShippingInfoHandler } from './application/synchronize-shipping-info.js';
import { Carrier } from './domain/carrier.js';
import { Orders } from './domain/orders.js';
import { CancellationsController } from './http/cancellations.controller.js';
import { OrdersController } from './http/orders.controller.js';
import { ShippingController } from './http/shipping.controller.js';
import { openCarrier } from './infrastructure/carriers.js';
import { PostgresOrders } from './infrastructure/postgres-orders.js';

const commandHandlers = [
  PlaceOrderHandler,
  RecordLineStatusHandler,
  MarkOrderPaidHandler,
  ChangeShippingInfoHandler,
  SynchronizeShippingInfoHandler,
  CancelOrderHandler,
  CancelOrderLinesHandler,
  CancelOutOfStockHandler,
  ExpireOrderHandler,
  ShipOrderHandler,
  ConfirmDeliveryHandler,
];
const eventHandlers = [OrderTimeline, ExpireOrderWhenDue, RecordVip, EraseCustomerFromOrders];
const sagas = [OrderSaga];
const queries = [OrderQueries, Offers, GetOrderForPaymentHandler, GetOrdersOfCustomerHandler, ExportOrdersHandler];
const repositories = [{ provide: Orders, useClass: PostgresOrders }];
const adapters = [{ provide: Carrier, useFactory: openCarrier, inject: [AppConfig] }];

@Module({
  imports: [CqrsModule],
  controllers: [OrdersController, CancellationsController, ShippingController],
  providers: [...commandHandlers, ...eventHandlers, ...sagas, ...queries, ...repositories, ...adapters],
})
export class OrderModule {}

/** Beyond the carrier's own limit, so that a call which nobody answers ends as one. */
const TIMEOUT_SLACK_MS = 5_000;

/** What the configuration says of the command that calls the carrier. */
export function carrierCommands({ carrierTimeoutMs }: AppConfig): CommandSettings {
  return new Map([[SynchronizeShippingInfo, { timeout: carrierTimeoutMs + TIMEOUT_SLACK_MS }]]);
}
