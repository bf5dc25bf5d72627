import { DomainError } from '../../kernel/domain-error.js';
import { type Money } from '../../kernel/money.js';

export class PaymentNotFound extends DomainError {
  constructor(paymentId: string) {
    super('PAYMENT_NOT_FOUND', 'not-found', `There is no payment ${paymentId}.`);
  }
}

export class RefundNotFound extends DomainError {
  constructor(refundId: string) {
    super('REFUND_NOT_FOUND', 'not-found', `There is no refund ${refundId}.`);
  }
}

export class OrderNotFound extends DomainError {
  constructor(orderId: string) {
    super('ORDER_NOT_FOUND', 'not-found', `There is no order ${orderId}.`);
  }
}

export class OrderAlreadyCanceled extends DomainError {
  constructor(orderId: string) {
    super('ORDER_ALREADY_CANCELED', 'conflict', `Order ${orderId} is canceled and can't be paid.`);
  }
}

export class OrderAlreadyPaid extends DomainError {
  constructor(orderId: string) {
    super('ORDER_ALREADY_PAID', 'conflict', `Nothing is left to pay of order ${orderId}.`);
  }
}

export class PaymentIsCanceled extends DomainError {
  constructor(paymentId: string) {
    super('PAYMENT_CANCELED', 'conflict', `Payment ${paymentId} is canceled and can't be paid.`);
  }
}

export class PaymentIsUnmatched extends DomainError {
  constructor(paymentId: string) {
    const message = `Payment ${paymentId} belongs to no order: refund it in the gateway's dashboard.`;
    super('PAYMENT_UNMATCHED', 'conflict', message);
  }
}

export class PaymentNeedsNobody extends DomainError {
  constructor(paymentId: string) {
    super('PAYMENT_NEEDS_NOBODY', 'conflict', `Nothing about payment ${paymentId} waits for a person.`);
  }
}

export class CurrencyMismatch extends DomainError {
  constructor(paid: string, ordered: string) {
    super('CURRENCY_MISMATCH', 'invalid', `The order is in ${ordered}, and the payment in ${paid}.`);
  }
}

export class PaymentReferenceExists extends DomainError {
  constructor(gateway: string, reference: string) {
    super('PAYMENT_REFERENCE_EXISTS', 'conflict', `A payment ${reference} of ${gateway} is recorded already.`);
  }
}

export class RefundExceedsCaptured extends DomainError {
  constructor(maximumRefundable: Money) {
    super('REFUND_EXCEEDS_CAPTURED', 'conflict', 'The refund is larger than what is left of the payment.', {
      maximumRefundable,
    });
  }
}

export class RefundInProgress extends DomainError {
  constructor() {
    super('REFUND_IN_PROGRESS', 'conflict', 'The refund is still on its way, and may succeed by itself.');
  }
}

export class RefundIsOver extends DomainError {
  constructor(status: 'succeeded' | 'resolved' | 'canceled') {
    super(`REFUND_ALREADY_${status.toUpperCase()}`, 'conflict', `The refund is ${status} already.`);
  }
}

export class GatewayUnknown extends DomainError {
  constructor(gateway: string) {
    super('GATEWAY_UNKNOWN', 'invalid', `No gateway ${gateway} is set up.`);
  }
}

export class GatewayUnavailable extends DomainError {
  constructor(gateway: string) {
    super(
      'GATEWAY_UNAVAILABLE',
      'unavailable',
      `The gateway ${gateway} does not answer. The same request may be sent again.`,
    );
  }
}

export class PaymentRejected extends DomainError {
  constructor(gateway: string, reason: string) {
    super('PAYMENT_REJECTED', 'invalid', `The gateway ${gateway} refuses this payment.`, { reason });
  }
}

export class WebhookSignatureInvalid extends DomainError {
  constructor() {
    super('WEBHOOK_SIGNATURE_INVALID', 'invalid', 'The signature is missing, wrong or older than five minutes.');
  }
}
