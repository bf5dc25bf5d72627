import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AllocateHandler } from './application/allocate.js';
import { AllocationQueries } from './application/allocation.queries.js';
import { AllocationSaga } from './application/allocation.saga.js';
import { BatchQueries } from './application/batch.queries.js';
import { CreateBatchHandler } from './application/create-batch.js';
import { DeallocateHandler } from './application/deallocate.js';
import { DefineProductHandler } from './application/define-product.js';
import { GetOrderAllocationsHandler } from './application/get-order-allocations.js';
import { GetProductOffersHandler } from './application/get-product-offers.js';
import { ProductQueries } from './application/product.queries.js';
import { ShipAllocationsHandler } from './application/ship-allocations.js';
import { Products } from './domain/products.js';
import { AllocationsController } from './http/allocations.controller.js';
import { BatchesController } from './http/batches.controller.js';
import { ProductsController } from './http/products.controller.js';
import { PostgresProducts } from './infrastructure/postgres-products.js';

const commandHandlers = [
  DefineProductHandler,
  CreateBatchHandler,
  AllocateHandler,
  DeallocateHandler,
  ShipAllocationsHandler,
];
const sagas = [AllocationSaga];
const queries = [ProductQueries, BatchQueries, AllocationQueries, GetProductOffersHandler, GetOrderAllocationsHandler];
const repositories = [{ provide: Products, useClass: PostgresProducts }];

@Module({
  imports: [CqrsModule],
  controllers: [ProductsController, BatchesController, AllocationsController],
  providers: [...commandHandlers, ...sagas, ...queries, ...repositories],
})
export class AllocationModule {}
