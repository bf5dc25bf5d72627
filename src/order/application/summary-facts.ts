import { LineBackordered, OutOfStock, StockAllocated, StockDeallocated } from '../../allocation/index.js';
import type { MessageClass } from '../../messaging/index.js';
import {
  PaymentCanceled,
  PaymentCaptured,
  PaymentDisputeClosed,
  PaymentDisputed,
  PaymentFailed,
  RefundAttentionRaised,
  RefundCanceled,
  RefundDiscovered,
  RefundFailed,
  RefundPending,
  RefundRequested,
  RefundResolved,
  RefundSucceeded,
} from '../../refund/index.js';

export const summaryParts = ['payment', 'allocation', 'refund'] as const;

/** What an event says of one payment, line or refund of an order; the last that is said of it holds. */
export interface SummaryFact {
  readonly part: (typeof summaryParts)[number];
  readonly id: string;
  readonly status: string;
  /** What was captured, in minor units; whatever else is said of the payment, that stays known. */
  readonly amount?: number;
}

interface Meaning<E extends object = object> {
  readonly event: MessageClass<E>;
  readonly fact: (event: E) => SummaryFact | undefined;
}

function when<E extends object>(event: MessageClass<E>, fact: Meaning<E>['fact']): Meaning {
  return { event, fact } as unknown as Meaning;
}

const payment =
  (status: string) =>
  ({ paymentId: id }: { paymentId: string }): SummaryFact => ({ part: 'payment', id, status });
const line =
  (status: string) =>
  ({ lineId: id }: { lineId: string }): SummaryFact => ({ part: 'allocation', id, status });
const refund =
  (status: string) =>
  ({ refundId: id }: { refundId: string }): SummaryFact => ({ part: 'refund', id, status });

const meanings: readonly Meaning[] = [
  when(PaymentCaptured, (e) => ({ ...payment('captured')(e), amount: e.amount.amount })),
  when(PaymentFailed, payment('failed')),
  when(PaymentCanceled, payment('canceled')),
  when(PaymentDisputed, payment('disputed')),
  when(PaymentDisputeClosed, (e) => payment(e.outcome === 'won' ? 'captured' : 'charged_back')(e)),

  when(StockAllocated, line('allocated')),
  when(LineBackordered, line('backordered')),
  when(OutOfStock, line('out_of_stock')),
  // While a part of the line stays, so does what was said of it.
  when(StockDeallocated, (e) => (e.kept > 0 ? undefined : line('released')(e))),

  when(RefundRequested, refund('in_progress')),
  when(RefundPending, refund('in_progress')),
  when(RefundSucceeded, refund('completed')),
  when(RefundDiscovered, refund('completed')),
  when(RefundResolved, refund('completed')),
  when(RefundFailed, refund('failed')),
  when(RefundAttentionRaised, refund('needs_attention')),
  when(RefundCanceled, refund('canceled')),
];

export function factOf(event: object): SummaryFact | undefined {
  return meanings.find((each) => each.event === event.constructor)?.fact(event);
}
