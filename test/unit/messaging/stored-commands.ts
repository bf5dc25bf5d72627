import { z } from 'zod';
import { Allocate } from '../../../src/allocation/application/allocate.js';
import { CheckStock } from '../../../src/allocation/application/check-stock.js';
import { Deallocate } from '../../../src/allocation/application/deallocate.js';
import { MarkAllocationPaid } from '../../../src/allocation/application/mark-allocation-paid.js';
import { money } from '../../../src/kernel/money.js';
import type { MessageClass } from '../../../src/messaging/message.js';
import { Prune } from '../../../src/messaging/prune.js';
import { SendNotification } from '../../../src/notification/application/send-notification.js';
import { CancelOutOfStock } from '../../../src/order/application/cancel-out-of-stock.js';
import { ExpireOrder } from '../../../src/order/application/expire-order.js';
import { MarkOrderPaid } from '../../../src/order/application/mark-order-paid.js';
import { RecordLineStatus } from '../../../src/order/application/record-line-status.js';
import { SynchronizeShippingInfo } from '../../../src/order/application/synchronize-shipping-info.js';
import { lineStatuses } from '../../../src/order/domain/order.state.js';
import { CancelIntent } from '../../../src/refund/application/cancel-intent.js';
import { CompareBooks } from '../../../src/refund/application/compare-books.js';
import { ExecuteRefund } from '../../../src/refund/application/execute-refund.js';
import { FetchDispute } from '../../../src/refund/application/fetch-dispute.js';
import { FetchPayment } from '../../../src/refund/application/fetch-payment.js';
import { FetchRefund } from '../../../src/refund/application/fetch-refund.js';
import { FetchRefunds } from '../../../src/refund/application/fetch-refunds.js';
import { LookUpRefund } from '../../../src/refund/application/look-up-refund.js';
import { OpenIntent } from '../../../src/refund/application/open-intent.js';
import { RaiseDifference } from '../../../src/refund/application/raise-difference.js';
import { Reconcile } from '../../../src/refund/application/reconcile.js';
import { RecordDispute } from '../../../src/refund/application/record-dispute.js';
import { RecordGatewayRefund } from '../../../src/refund/application/record-gateway-refund.js';
import { RecordOwed } from '../../../src/refund/application/record-owed.js';
import { RecordPaymentOutcome } from '../../../src/refund/application/record-payment-outcome.js';
import { RecordRefundOutcome } from '../../../src/refund/application/record-refund-outcome.js';
import { RefundPayment } from '../../../src/refund/application/refund-payment.js';

const id = z.uuid();
const text = z.string();
const count = z.int();
const origin = z.enum(['order', 'team']);
const lineKey = { orderId: id, lineId: id };
const ofGateway = { gateway: text, gatewayPaymentId: text };
const refundOutcome = z.union([
  z.object({ status: z.enum(['succeeded', 'pending']), gatewayRefundId: text }),
  z.object({ status: z.literal('failed'), code: text }),
  z.object({ status: z.enum(['due_by_hand', 'not_refunded']) }),
]);
const paymentReport = z.object({
  gatewayPaymentId: text,
  status: z.enum(['open', 'captured', 'failed', 'canceled']),
  amount: money,
  code: text.optional(),
  paymentId: text.optional(),
  orderId: text.optional(),
});
const refundReport = z.object({
  gatewayRefundId: text,
  gatewayPaymentId: text,
  amount: money,
  refundId: text.optional(),
  generation: count,
  outcome: refundOutcome,
});
const disputeReport = z.object({
  disputeId: text,
  gatewayPaymentId: text,
  amount: money,
  reason: text,
  status: z.enum(['inquiry', 'open', 'won', 'lost']),
});

/** What must be there in a command's JSON; a field that may be undefined is not stored then. */
type Stored<C> = { [K in Sometimes<C>]?: C[K] } & { [K in Exclude<Own<C>, Sometimes<C>>]: C[K] };
type Own<C> = Extract<keyof C, string>;
type Sometimes<C> = { [K in Own<C>]: undefined extends C[K] ? K : never }[Own<C>];

/** A class without a schema of its own: the compiler sees to it that this one demands whatever the class has. */
function stored<C extends object>(type: MessageClass<C>, schema: z.ZodType<Stored<C>> & z.ZodObject) {
  return { type: type as MessageClass, schema };
}

/** Every command that can be stored, as its handler of today needs it. */
export const storedCommands = [
  stored(
    Allocate,
    z.object({ line: z.object({ ...lineKey, sku: text, quantity: count, customerId: text.optional() }), origin }),
  ),
  stored(CancelIntent, z.object({ orderId: id })),
  stored(CancelOutOfStock, z.object(lineKey)),
  stored(CheckStock, z.object({})),
  stored(CompareBooks, z.object({})),
  stored(Deallocate, z.object({ line: z.object({ ...lineKey, sku: text }), keep: count, by: origin })),
  stored(ExecuteRefund, z.object({ refundId: id, generation: count })),
  stored(ExpireOrder, z.object({ orderId: id })),
  stored(FetchDispute, z.object({ gateway: text, disputeId: text })),
  stored(FetchPayment, z.object(ofGateway)),
  stored(FetchRefund, z.object({ gateway: text, gatewayRefundId: text })),
  stored(FetchRefunds, z.object(ofGateway)),
  stored(LookUpRefund, z.object({ refundId: id, generation: count, whenNotFound: z.enum(['renew', 'leave']) })),
  stored(MarkAllocationPaid, z.object({ orderId: id })),
  stored(MarkOrderPaid, z.object({ orderId: id, paymentId: id, amount: money })),
  stored(OpenIntent, z.object({ paymentId: id })),
  stored(Prune, z.object({})),
  stored(RaiseDifference, z.object({ refundId: id })),
  stored(Reconcile, z.object({})),
  stored(RecordDispute, z.object({ gateway: text, report: disputeReport })),
  stored(RecordGatewayRefund, z.object({ gateway: text, report: refundReport })),
  stored(RecordLineStatus, z.object({ ...lineKey, status: z.enum(lineStatuses) })),
  stored(RecordOwed, z.object({ orderId: id, total: money })),
  stored(RecordPaymentOutcome, z.object({ gateway: text, report: paymentReport })),
  stored(RecordRefundOutcome, z.object({ refundId: id, generation: count, outcome: refundOutcome })),
  stored(
    RefundPayment,
    z.object({
      orderId: id,
      cancellationId: id.optional(),
      reason: z.enum(['canceled', 'lines_canceled', 'overpaid', 'operator', 'gateway']),
      canceled: money.optional(),
    }),
  ),
  stored(SendNotification, z.object({ notificationId: id, orderId: id.optional() })),
  stored(SynchronizeShippingInfo, z.object({ orderId: id, changedAt: z.iso.datetime() })),
];
