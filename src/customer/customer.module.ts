import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { CustomerQueries, GetCustomerContactHandler } from './application/customer.queries.js';
import { RegisterCustomerHandler } from './application/register-customer.js';
import { Customers } from './domain/customers.js';
import { CustomersController } from './http/customers.controller.js';
import { PostgresCustomers } from './infrastructure/postgres-customers.js';

const commandHandlers = [RegisterCustomerHandler];
const queries = [CustomerQueries, GetCustomerContactHandler];
const repositories = [{ provide: Customers, useClass: PostgresCustomers }];

@Module({
  imports: [CqrsModule],
  controllers: [CustomersController],
  providers: [...commandHandlers, ...queries, ...repositories],
})
export class CustomerModule {}
