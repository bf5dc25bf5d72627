import { EntitySchema, type ValueTransformer } from 'typeorm';
import { z } from 'zod';
import { instant } from '../../messaging/index.js';
import { type RefundState, transitions } from '../domain/refund.state.js';
import { minorUnits } from './minor-units.js';

const statuses = Object.keys(transitions).map((status) => `'${status}'`);

/** JSON has no dates: the schema names the field that becomes one, and lets the others through. */
const actions = z.array(z.looseObject({ at: instant }));
const withInstants: ValueTransformer = {
  to: (value: unknown) => z.encode(actions, value as z.output<typeof actions>),
  from: (value: unknown) => z.decode(actions, value as z.input<typeof actions>),
};

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
    actions: { type: 'jsonb', transformer: withInstants },
    requestedAt: { type: 'timestamptz', name: 'requested_at' },
    changedAt: { type: 'timestamptz', name: 'changed_at' },
  },
  indices: [
    { name: 'refunds_of_order', columns: ['orderId'] },
    { name: 'refunds_of_payment', columns: ['paymentId'] },
    { name: 'refunds_with_attention', columns: ['id'], where: 'attention is not null' },
    { name: 'refunds_unfinished', columns: ['changedAt'], where: `status in ('processing', 'pending')` },
  ],
  checks: [
    { name: 'refunds_status_known', expression: `status in (${statuses.join(', ')})` },
    { name: 'refunds_amount_positive', expression: `amount > 0` },
  ],
});
