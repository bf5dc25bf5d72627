import { z } from 'zod';
import { money } from '../../kernel/money.js';
import { paymentAttentions } from '../domain/payment.state.js';
import { refundAttentions } from '../domain/refund.state.js';

export const id = z.uuid();

const onlinePayment = z.strictObject({
  gateway: z.enum(['stripe', 'sandbox']).meta({ description: 'The one that is set up.' }),
});
const manualPayment = z.strictObject({
  gateway: z.literal('manual'),
  reference: z.string().trim().min(1).max(200).meta({ description: 'Of the bank transfer or receipt; used once.' }),
  amount: money.extend({ amount: z.int().positive() }),
});
export const payRequest = z.discriminatedUnion('gateway', [onlinePayment, manualPayment]);
export type PayRequest = z.output<typeof payRequest>;

const page = {
  cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before.' }),
  limit: z.coerce.number().int().min(1).max(100).default(20),
};

export const listPaymentsQuery = z.strictObject({
  attention: z
    .enum(['any', ...paymentAttentions])
    .optional()
    .meta({ description: 'Only payments that need a person: for this reason, or for any.' }),
  ...page,
});
export type ListPaymentsQuery = z.output<typeof listPaymentsQuery>;

export const listRefundsQuery = z.strictObject({
  orderId: z.uuid().optional(),
  attention: z
    .enum(['any', ...refundAttentions])
    .optional()
    .meta({ description: 'Only refunds that need a person: for this reason, or for any.' }),
  ...page,
});
export type ListRefundsQuery = z.output<typeof listRefundsQuery>;

const note = z.string().trim().min(1).max(500).optional().meta({ description: 'Why; kept with the action.' });

export const refundRequest = z.strictObject({ amount: money.extend({ amount: z.int().positive() }), note });
export type RefundRequest = z.output<typeof refundRequest>;

export const resolvePaymentRequest = z.strictObject({ note });
export type ResolvePaymentRequest = z.output<typeof resolvePaymentRequest>;

export const refundActionRequest = z.strictObject({ note });
export type RefundActionRequest = z.output<typeof refundActionRequest>;

export const resolveRefundRequest = z.strictObject({
  reference: z.string().trim().min(1).max(200).meta({ description: 'Of the payment to the customer.' }),
  note,
});
export type ResolveRefundRequest = z.output<typeof resolveRefundRequest>;
