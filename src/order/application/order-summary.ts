import { isOpen, openTotalOf } from '../domain/open-lines.js';
import { isCanceled } from '../domain/order.rules.js';
import type { OrderState } from '../domain/order.state.js';
import type { SummaryFact } from './summary-facts.js';

/** What counts when an order's refunds differ: the first that any of them is. */
export const refundStatuses = ['needs_attention', 'failed', 'in_progress', 'completed', 'canceled'] as const;
export type RefundStatus = (typeof refundStatuses)[number];

/** How an order stands, in plain words; as far as it was heard by now. */
export interface OrderSummary {
  payment: 'unpaid' | 'failed' | 'partly_paid' | 'paid' | 'disputed' | 'charged_back';
  allocation: 'pending' | 'allocated' | 'backordered' | 'out_of_stock' | 'released' | 'shipped';
  refund: 'none' | RefundStatus;
}

export interface SummarizedOrder extends Pick<OrderState, 'lines' | 'total' | 'paidAt'> {
  readonly shipment: object | null;
}

/** From facts that may come in any order: it depends on which there are, not on which came last. */
export function summaryOf(order: SummarizedOrder, facts: readonly SummaryFact[]): OrderSummary {
  const of = (part: SummaryFact['part']) => facts.filter((fact) => fact.part === part);
  return {
    payment: paymentOf(order, of('payment')),
    allocation: allocationOf(order, of('allocation')),
    refund: refundStatuses.find((status) => of('refund').some((fact) => fact.status === status)) ?? 'none',
  };
}

function paymentOf(order: SummarizedOrder, payments: readonly SummaryFact[]): OrderSummary['payment'] {
  const some = (status: string) => payments.some((payment) => payment.status === status);
  if (some('disputed')) return 'disputed';
  if (some('charged_back')) return 'charged_back';
  const captured = payments.reduce((total, { amount = 0 }) => total + amount, 0);
  // Nothing is open of a canceled order, but a payment of it may have been in full.
  const due = isCanceled(order) ? order.total.amount : openTotalOf(order).amount;
  if (order.paidAt || (captured > 0 && captured >= due)) return 'paid';
  if (captured > 0) return 'partly_paid';
  return some('failed') ? 'failed' : 'unpaid';
}

function allocationOf(order: SummarizedOrder, facts: readonly SummaryFact[]): OrderSummary['allocation'] {
  if (order.shipment) return 'shipped';
  const said = new Map(facts.map(({ id, status }) => [id, status]));
  const lines = isCanceled(order) ? order.lines : order.lines.filter(isOpen);
  const statuses = lines.map(({ lineId }) => said.get(lineId) ?? 'pending');
  const firstOf = ['out_of_stock', 'pending', 'backordered', 'allocated'] as const;
  const found = firstOf.find((status) => statuses.includes(status));
  return isCanceled(order) && found !== 'out_of_stock' ? 'released' : (found ?? 'released');
}
