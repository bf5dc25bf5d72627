import { EntitySchema } from 'typeorm';
import type { CustomerState, Purchase } from '../domain/customer.state.js';

export type CustomerRow = Omit<CustomerState, 'purchase'>;
export type PurchaseRow = Purchase & { readonly customerId: string };

export const customersTable = new EntitySchema<CustomerRow>({
  name: 'customer',
  schema: 'customer',
  tableName: 'customers',
  columns: {
    id: { type: 'text', primary: true },
    version: { type: 'int', default: 0 },
    profile: { type: 'jsonb', nullable: true },
    purchases: { type: 'int', default: 0 },
    vipSince: { type: 'timestamptz', name: 'vip_since', nullable: true },
    firstSeenAt: { type: 'timestamptz', name: 'first_seen_at' },
    registeredAt: { type: 'timestamptz', name: 'registered_at', nullable: true },
    erasedAt: { type: 'timestamptz', name: 'erased_at', nullable: true },
  },
  indices: [
    // On an expression, which an EntitySchema can't say.
    { name: 'customers_email_key', synchronize: false },
    { name: 'customers_first_seen', columns: ['firstSeenAt', 'id'] },
  ],
  checks: [{ name: 'customers_purchases_not_negative', expression: 'purchases >= 0' }],
});

export const purchasesTable = new EntitySchema<PurchaseRow>({
  name: 'purchase',
  schema: 'customer',
  tableName: 'purchases',
  columns: {
    orderId: { type: 'uuid', name: 'order_id', primary: true },
    customerId: { type: 'text', name: 'customer_id' },
    total: { type: 'jsonb' },
    paidAt: { type: 'timestamptz', name: 'paid_at' },
    canceledAt: { type: 'timestamptz', name: 'canceled_at', nullable: true },
  },
  indices: [{ name: 'purchases_of_customer', columns: ['customerId', 'orderId'] }],
  foreignKeys: [
    {
      name: 'purchases_customer_id_fkey',
      target: 'customer',
      columnNames: ['customerId'],
      referencedColumnNames: ['id'],
    },
  ],
});
