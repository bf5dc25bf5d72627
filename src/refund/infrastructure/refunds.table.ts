import { EntitySchema } from 'typeorm';
import { type RefundState, transitions } from '../domain/refund.state.js';
import { jsonActions } from './json-instants.js';
import { minorUnits } from './minor-units.js';

const statuses = Object.keys(transitions).map((status) => `'${status}'`);

export const refundsTable = new EntitySchema<RefundState>({
  name: 'refund',
  schema: 'refund',
  tableName: 'refunds',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    orderId: { type: 'uuid', name: 'order_id' },
    paymentId: { type: 'uuid', name: 'payment_id' },
    gateway: { type: 'text' },
    gatewayPaymentId: { type: 'text', name: 'gateway_payment_id' },
    gatewayRefundId: { type: 'text', name: 'gateway_refund_id', nullable: true },
    currency: { type: 'text' },
    amount: { type: 'bigint', transformer: minorUnits },
    reason: { type: 'text' },
    cancellationId: { type: 'uuid', name: 'cancellation_id', nullable: true },
    status: { type: 'text' },
    generation: { type: 'int' },
    renewals: { type: 'int' },
    askedAt: { type: 'timestamptz', name: 'asked_at', nullable: true },
    failureCode: { type: 'text', name: 'failure_code', nullable: true },
    attention: { type: 'text', nullable: true },
    actions: { type: 'jsonb', transformer: jsonActions },
    requestedAt: { type: 'timestamptz', name: 'requested_at' },
    changedAt: { type: 'timestamptz', name: 'changed_at' },
  },
  indices: [
    { name: 'refunds_of_order', columns: ['orderId'] },
    { name: 'refunds_of_payment', columns: ['paymentId'] },
    { name: 'refunds_gateway_id_key', columns: ['gateway', 'gatewayRefundId'], unique: true },
    { name: 'refunds_with_attention', columns: ['id'], where: 'attention is not null' },
    { name: 'refunds_unfinished', columns: ['changedAt'], where: `status in ('processing', 'pending')` },
  ],
  foreignKeys: [
    {
      name: 'refunds_payment_id_fkey',
      target: 'payment',
      columnNames: ['paymentId'],
      referencedColumnNames: ['id'],
    },
  ],
  checks: [
    { name: 'refunds_status_known', expression: `status in (${statuses.join(', ')})` },
    { name: 'refunds_amount_positive', expression: `amount > 0` },
  ],
});
