import { DataSource, type DataSourceOptions } from 'typeorm';
import { batchTable } from './src/allocation/infrastructure/batch.table.js';
import { lineTable } from './src/allocation/infrastructure/line.table.js';
import { allocationMigrations } from './src/allocation/infrastructure/migrations/index.js';
import { productTable } from './src/allocation/infrastructure/product.table.js';
import { databaseFromEnvironment } from './src/app.config.js';
import { customersTable, purchasesTable } from './src/customer/infrastructure/customers.table.js';
import { customerMigrations } from './src/customer/infrastructure/migrations/index.js';
import { connectionOptions } from './src/database/connection-options.js';
import { messagingMigrations } from './src/messaging/migrations/index.js';
import { notificationMigrations } from './src/notification/infrastructure/migrations/index.js';
import { notificationsTable } from './src/notification/infrastructure/notifications.table.js';
import { orderMigrations } from './src/order/infrastructure/migrations/index.js';
import { ordersTable } from './src/order/infrastructure/orders.table.js';
import { refundMigrations } from './src/refund/infrastructure/migrations/index.js';
import { relayMigrations } from './src/relay/infrastructure/migrations/index.js';
import { paymentsTable } from './src/refund/infrastructure/payments.table.js';
import { refundsTable } from './src/refund/infrastructure/refunds.table.js';

export interface DatabaseSettings {
  readonly databaseUrl?: string;
  readonly requestPoolSize: number;
}

/** Tables and migrations of every module, for the service and for TypeORM's command line alike. */
export function ormOptions(settings: DatabaseSettings): DataSourceOptions {
  return {
    ...connectionOptions(settings),
    entities: [
      ordersTable,
      productTable,
      batchTable,
      lineTable,
      paymentsTable,
      refundsTable,
      customersTable,
      purchasesTable,
      notificationsTable,
    ],
    migrations: [
      ...messagingMigrations(),
      ...allocationMigrations,
      ...orderMigrations,
      ...refundMigrations,
      ...customerMigrations,
      ...notificationMigrations,
      ...relayMigrations,
    ],
  };
}

/** For TypeORM's command line; "npm run migrate" knows the embedded server, too. */
export default new DataSource(ormOptions(databaseFromEnvironment()));
