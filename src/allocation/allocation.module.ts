import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AllocateHandler } from './application/allocate.js';
import { AllocationQueries } from './application/allocation.queries.js';
import { AllocationSaga } from './application/allocation.saga.js';
import { AvailabilityQueries } from './application/availability.queries.js';
import { BatchQueries } from './application/batch.queries.js';
import { ChangeBatchEtaHandler } from './application/change-batch-eta.js';
import { ChangeBatchQuantityHandler } from './application/change-batch-quantity.js';
import { CheckStockHandler } from './application/check-stock.js';
import { CreateBatchHandler } from './application/create-batch.js';
import { DeallocateHandler } from './application/deallocate.js';
import { DefineProductHandler } from './application/define-product.js';
import { GetOrderAllocationsHandler } from './application/get-order-allocations.js';
import { GetProductOffersHandler } from './application/get-product-offers.js';
import { KnownVips } from './application/known-vips.js';
import { MarkAllocationPaidHandler } from './application/mark-allocation-paid.js';
import { ProductQueries } from './application/product.queries.js';
import { ReceiveBatchHandler } from './application/receive-batch.js';
import { ShipAllocationsHandler } from './application/ship-allocations.js';
import { StockCheckQueries } from './application/stock-check.queries.js';
import { Products } from './domain/products.js';
import { AllocationsController } from './http/allocations.controller.js';
import { BatchesController } from './http/batches.controller.js';
import { ProductsController } from './http/products.controller.js';
import { StockCheckController } from './http/stock-check.controller.js';
import { PostgresProducts } from './infrastructure/postgres-products.js';

const commandHandlers = [
  DefineProductHandler,
  CreateBatchHandler,
  ChangeBatchQuantityHandler,
  ChangeBatchEtaHandler,
  ReceiveBatchHandler,
  AllocateHandler,
  DeallocateHandler,
  MarkAllocationPaidHandler,
  ShipAllocationsHandler,
  CheckStockHandler,
];
const eventHandlers = [KnownVips];
const sagas = [AllocationSaga];
const queries = [
  ProductQueries,
  AvailabilityQueries,
  BatchQueries,
  AllocationQueries,
  StockCheckQueries,
  GetProductOffersHandler,
  GetOrderAllocationsHandler,
];
const repositories = [{ provide: Products, useClass: PostgresProducts }];

@Module({
  imports: [CqrsModule],
  controllers: [ProductsController, BatchesController, AllocationsController, StockCheckController],
  providers: [...commandHandlers, ...eventHandlers, ...sagas, ...queries, ...repositories],
})
export class AllocationModule {}
