import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation } from '@nestjs/swagger';
import { type Caller, CurrentCaller, Idempotent, type Once, ownerFor, Roles } from '../../access/index.js';
import { DomainError } from '../../kernel/domain-error.js';
import { OpenIntent } from '../application/open-intent.js';
import { PayableOrders } from '../application/payable-orders.js';
import { PaymentQueries, type PaymentView } from '../application/payment.queries.js';
import { RecordManualPayment } from '../application/record-manual-payment.js';
import { StartPayment } from '../application/start-payment.js';
import { PaymentGateways } from '../domain/payment-gateway.js';
import { AnswerHeader } from '../../kernel/answer-header.js';
import * as schema from './refund.schema.js';

interface PaymentStarted {
  paymentId: string;
  /** For the gateway's script in the customer's browser; absent for a manual payment. */
  clientSecret?: string;
  payment: PaymentView;
}

const Location = AnswerHeader<PaymentStarted>('Location', ({ paymentId }) => `/v1/payments/${paymentId}`);

@Controller('v1/orders/:id/payments')
export class OrderPaymentsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly orders: PayableOrders,
    private readonly payments: PaymentQueries,
    private readonly gateways: PaymentGateways,
  ) {}

  @Post()
  @Roles('customer', 'operator', 'integration')
  @ApiOperation({
    summary: 'Pay an order',
    description:
      'Opens a payment of what is left to pay at a gateway; operators may record money that came in by hand.',
  })
  @Location
  async pay(
    @Param('id', { schema: schema.id }) orderId: string,
    @Body({ schema: schema.payRequest }) request: schema.PayRequest,
    @CurrentCaller() caller: Caller,
    @Idempotent() once: Once,
  ): Promise<PaymentStarted> {
    await this.orders.get(orderId, ownerFor(caller));
    this.gateways.get(request.gateway);
    const command = commandFor(orderId, request, caller);
    const paymentId = await once(() => this.commands.execute(command));
    // Outside of `once`: no transaction waits for the gateway. When it does not answer, the payment stays started, and
    // the same request, sent again, asks it again.
    const intent = request.gateway === 'manual' ? undefined : await this.commands.execute(new OpenIntent(paymentId));
    return { paymentId, clientSecret: intent?.clientSecret, payment: await this.payments.get(paymentId) };
  }

  @Get()
  @Roles('customer', 'operator', 'integration')
  @ApiOperation({ summary: "List an order's payments", description: 'Oldest first.' })
  async list(
    @Param('id', { schema: schema.id }) orderId: string,
    @CurrentCaller() caller: Caller,
  ): Promise<{ data: readonly PaymentView[]; nextCursor: null }> {
    await this.orders.get(orderId, ownerFor(caller));
    return { data: await this.payments.ofOrder(orderId), nextCursor: null };
  }
}

function commandFor(orderId: string, request: schema.PayRequest, caller: Caller): StartPayment | RecordManualPayment {
  if (request.gateway !== 'manual') return new StartPayment(orderId, request.gateway);
  if (caller.role === 'operator') return new RecordManualPayment(orderId, request.reference, request.amount);
  throw new DomainError('MANUAL_PAYMENT_FORBIDDEN', 'forbidden', 'Only operators record payments by hand.');
}
