import { CreateOrders1764000002000 } from './1764000002000-create-orders.js';
import { OpenLines1764000002100 } from './1764000002100-open-lines.js';
import { OrderLists1764000002110 } from './1764000002110-order-lists.js';

export const orderMigrations = [CreateOrders1764000002000, OpenLines1764000002100, OrderLists1764000002110];
