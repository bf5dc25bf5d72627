import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { CustomerExport } from './application/customer-export.js';
import { CustomerQueries, GetCustomerContactHandler } from './application/customer.queries.js';
import { EraseCustomerHandler } from './application/erase-customer.js';
import { PurchaseHistory } from './application/purchase-history.js';
import { RegisterCustomerHandler } from './application/register-customer.js';
import { UpdateCustomerHandler } from './application/update-customer.js';
import { Customers } from './domain/customers.js';
import { CustomerRecordsController } from './http/customer-records.controller.js';
import { CustomersController } from './http/customers.controller.js';
import { PostgresCustomers } from './infrastructure/postgres-customers.js';

const commandHandlers = [RegisterCustomerHandler, UpdateCustomerHandler, EraseCustomerHandler];
const eventHandlers = [PurchaseHistory];
const queries = [CustomerQueries, CustomerExport, GetCustomerContactHandler];
const repositories = [{ provide: Customers, useClass: PostgresCustomers }];

@Module({
  imports: [CqrsModule],
  controllers: [CustomersController, CustomerRecordsController],
  providers: [...commandHandlers, ...eventHandlers, ...queries, ...repositories],
})
export class CustomerModule {}
