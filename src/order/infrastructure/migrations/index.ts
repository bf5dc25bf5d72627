import { CreateOrders1764000002000 } from './1764000002000-create-orders.js';

export const orderMigrations = [CreateOrders1764000002000];
