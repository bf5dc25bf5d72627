import { type INestApplicationContext, Module } from '@nestjs/common';
import { AppConfig } from '../app.config.js';
import type { CommandSettings } from '../messaging/index.js';
import { BooksQueries } from './application/books.queries.js';
import { CancelIntent, CancelIntentHandler } from './application/cancel-intent.js';
import { CancelRefundHandler } from './application/cancel-refund.js';
import { CheckRefundHandler } from './application/check-refund.js';
import { CompareBooksHandler } from './application/compare-books.js';
import { CountGatewayRefund } from './application/count-gateway-refund.js';
import { CountUnfinishedRefundsHandler, ExportPaymentsHandler } from './application/customer-data.queries.js';
import { ExecuteRefund, ExecuteRefundHandler } from './application/execute-refund.js';
import { FetchDispute, FetchDisputeHandler } from './application/fetch-dispute.js';
import { FetchPayment, FetchPaymentHandler } from './application/fetch-payment.js';
import { FetchRefund, FetchRefundHandler } from './application/fetch-refund.js';
import { FetchRefunds, FetchRefundsHandler } from './application/fetch-refunds.js';
import { LookUpRefund, LookUpRefundHandler } from './application/look-up-refund.js';
import { OpenIntentHandler } from './application/open-intent.js';
import { PayableOrders } from './application/payable-orders.js';
import { PaymentQueries } from './application/payment.queries.js';
import { RaiseDifferenceHandler } from './application/raise-difference.js';
import { ReconcileHandler } from './application/reconcile.js';
import { RecordDisputeHandler } from './application/record-dispute.js';
import { RecordGatewayRefundHandler } from './application/record-gateway-refund.js';
import { RecordManualPaymentHandler } from './application/record-manual-payment.js';
import { RecordOwedHandler } from './application/record-owed.js';
import { RecordPaymentOutcomeHandler } from './application/record-payment-outcome.js';
import { RecordRefundOutcomeHandler } from './application/record-refund-outcome.js';
import { RefundCalls } from './application/refund-calls.js';
import { RefundPaymentHandler } from './application/refund-payment.js';
import { RefundQueries } from './application/refund.queries.js';
import { RefundSaga } from './application/refund.saga.js';
import { RequestRefundHandler } from './application/request-refund.js';
import { ResolvePaymentHandler } from './application/resolve-payment.js';
import { ResolveRefundHandler } from './application/resolve-refund.js';
import { RetryRefundHandler } from './application/retry-refund.js';
import { SettleOrder } from './application/settle-order.js';
import { StartPaymentHandler } from './application/start-payment.js';
import { TakeWebhookHandler } from './application/take-webhook.js';
import { UnfinishedQueries } from './application/unfinished.queries.js';
import { OwedAmounts } from './domain/owed-amounts.js';
import { PaymentGateways } from './domain/payment-gateway.js';
import { Payments } from './domain/payments.js';
import { RefundAttempts } from './domain/refund-attempts.js';
import { Refunds } from './domain/refunds.js';
import { WebhookInbox } from './domain/webhook-inbox.js';
import { GatewayWebhooksController } from './http/gateway-webhooks.controller.js';
import { OrderPaymentsController } from './http/order-payments.controller.js';
import { PaymentsController } from './http/payments.controller.js';
import { RefundActionsController } from './http/refund-actions.controller.js';
import { RefundsController } from './http/refunds.controller.js';
import { EmbeddedSandbox } from './infrastructure/embedded-sandbox.js';
import { openGateways } from './infrastructure/gateways.js';
import { PostgresOwedAmounts } from './infrastructure/postgres-owed-amounts.js';
import { PostgresPayments } from './infrastructure/postgres-payments.js';
import { PostgresRefundAttempts } from './infrastructure/postgres-refund-attempts.js';
import { PostgresRefunds } from './infrastructure/postgres-refunds.js';
import { PostgresWebhookInbox } from './infrastructure/postgres-webhook-inbox.js';

@Module({
  controllers: [
    OrderPaymentsController,
    PaymentsController,
    RefundsController,
    RefundActionsController,
    GatewayWebhooksController,
  ],
  providers: [
    StartPaymentHandler,
    OpenIntentHandler,
    RecordManualPaymentHandler,
    TakeWebhookHandler,
    FetchPaymentHandler,
    RecordPaymentOutcomeHandler,
    CancelIntentHandler,
    FetchDisputeHandler,
    RecordDisputeHandler,
    ResolvePaymentHandler,

    RecordOwedHandler,
    RefundPaymentHandler,
    RequestRefundHandler,
    ExecuteRefundHandler,
    LookUpRefundHandler,
    FetchRefundHandler,
    FetchRefundsHandler,
    RecordRefundOutcomeHandler,
    RecordGatewayRefundHandler,

    RetryRefundHandler,
    CheckRefundHandler,
    ResolveRefundHandler,
    CancelRefundHandler,

    ReconcileHandler,
    CompareBooksHandler,
    RaiseDifferenceHandler,

    RefundSaga,

    PaymentQueries,
    RefundQueries,
    UnfinishedQueries,
    BooksQueries,
    CountUnfinishedRefundsHandler,
    ExportPaymentsHandler,

    PayableOrders,
    SettleOrder,
    CountGatewayRefund,
    RefundCalls,

    { provide: Payments, useClass: PostgresPayments },
    { provide: Refunds, useClass: PostgresRefunds },
    { provide: RefundAttempts, useClass: PostgresRefundAttempts },
    { provide: OwedAmounts, useClass: PostgresOwedAmounts },
    { provide: WebhookInbox, useClass: PostgresWebhookInbox },

    EmbeddedSandbox,
    { provide: PaymentGateways, useFactory: openGateways, inject: [AppConfig, EmbeddedSandbox] },
  ],
})
export class RefundModule {}

/** Beyond the gateway's own limit, so that a call which nobody answers ends as one, and the SDK may repeat it once. */
const TIMEOUT_SLACK_MS = 5_000;

/** What the configuration says of the commands that call a gateway. */
export function gatewayCommands({ gatewayTimeoutMs, refundRetry: retry }: AppConfig): CommandSettings {
  const timeout = 2 * gatewayTimeoutMs + TIMEOUT_SLACK_MS;
  const callers: object[] = [
    ExecuteRefund,
    LookUpRefund,
    FetchRefund,
    FetchRefunds,
    FetchPayment,
    FetchDispute,
    CancelIntent,
  ];
  return new Map(callers.map((command) => [command, { timeout, retry }]));
}

/** Where the sandbox's controls are (`/sandbox/book`, `/sandbox/intents/{id}/pay`, …); undefined with a real gateway. */
export function sandboxUrl(app: INestApplicationContext): string | undefined {
  return app.get(EmbeddedSandbox).url;
}
