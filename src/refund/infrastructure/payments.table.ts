import { EntitySchema } from 'typeorm';
import type { PaymentState } from '../domain/payment.state.js';
import { jsonActions } from './json-instants.js';
import { minorUnits } from './minor-units.js';

export const paymentsTable = new EntitySchema<PaymentState>({
  name: 'payment',
  schema: 'refund',
  tableName: 'payments',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    orderId: { type: 'uuid', name: 'order_id', nullable: true },
    gateway: { type: 'text' },
    gatewayPaymentId: { type: 'text', name: 'gateway_payment_id', nullable: true },
    status: { type: 'text' },
    currency: { type: 'text' },
    amount: { type: 'bigint', transformer: minorUnits },
    captured: { type: 'bigint', transformer: minorUnits },
    refundTotal: { type: 'bigint', name: 'refund_total', transformer: minorUnits },
    overRefunded: { type: 'bigint', name: 'over_refunded', transformer: minorUnits },
    disputes: { type: 'jsonb' },
    failureCode: { type: 'text', name: 'failure_code', nullable: true },
    attention: { type: 'text', nullable: true },
    actions: { type: 'jsonb', transformer: jsonActions },
    startedAt: { type: 'timestamptz', name: 'started_at' },
    capturedAt: { type: 'timestamptz', name: 'captured_at', nullable: true },
  },
  indices: [
    { name: 'payments_of_order', columns: ['orderId'] },
    { name: 'payments_open', columns: ['startedAt'], where: `status in ('started', 'failed')` },
    { name: 'payments_with_attention', columns: ['id'], where: 'attention is not null' },
    { name: 'payments_gateway_id_key', columns: ['gateway', 'gatewayPaymentId'], unique: true },
  ],
  checks: [
    { name: 'payments_status_known', expression: `status in ('started', 'captured', 'failed', 'canceled')` },
    {
      name: 'payments_never_over_refunded',
      expression: `0 <= refund_total and refund_total <= captured + over_refunded`,
    },
  ],
});
