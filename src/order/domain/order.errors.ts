import { DomainError } from '../../kernel/domain-error.js';

export class OrderNotFound extends DomainError {
  constructor(orderId: string) {
    super('ORDER_NOT_FOUND', 'not-found', `There is no order ${orderId}.`);
  }
}

export class OrderAlreadyCanceled extends DomainError {
  constructor() {
    super('ORDER_ALREADY_CANCELED', 'conflict', 'The order is canceled already.');
  }
}

export class OrderAlreadyShipped extends DomainError {
  constructor() {
    super('ORDER_ALREADY_SHIPPED', 'conflict', 'The order has left the house.');
  }
}

export class OrderNotPaid extends DomainError {
  constructor() {
    super('ORDER_NOT_PAID', 'conflict', 'The order is not paid in full.');
  }
}

export class StockNotReady extends DomainError {
  constructor() {
    super('STOCK_NOT_READY', 'conflict', 'Not every line of the order is allocated.');
  }
}

export class OrderNotShipped extends DomainError {
  constructor() {
    super('ORDER_NOT_SHIPPED', 'conflict', 'The order has not left the house.');
  }
}

export class QuantityNotOpen extends DomainError {
  constructor(lineId: string, open: number) {
    super('QUANTITY_NOT_OPEN', 'conflict', `Only ${open} of line ${lineId} can be canceled.`, { lineId, open });
  }
}

/** One field of the request that can't be accepted; the pointer is a JSON pointer into it. */
export interface FieldError {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** `unknown` are the lines, by index, that name no product that can be ordered. */
export class SkuUnknown extends DomainError {
  constructor(unknown: readonly { index: number; sku: string }[]) {
    const errors = unknown.map(({ index, sku }): FieldError => {
      return { pointer: `/lines/${index}/sku`, code: 'SKU_UNKNOWN', detail: `${sku} can't be ordered.` };
    });
    super('SKU_UNKNOWN', 'invalid', 'A line names a product that can not be ordered.', { errors });
  }
}

/** `index` is its place among the lines of the request. */
export class LineUnknown extends DomainError {
  constructor(index: number, lineId: string) {
    const detail = `The order has no line ${lineId}.`;
    const error: FieldError = { pointer: `/lines/${index}/lineId`, code: 'LINE_UNKNOWN', detail };
    super('LINE_UNKNOWN', 'invalid', detail, { errors: [error] });
  }
}

export class LineRepeated extends DomainError {
  constructor(index: number, lineId: string) {
    const detail = `Line ${lineId} is named twice.`;
    const error: FieldError = { pointer: `/lines/${index}/lineId`, code: 'LINE_REPEATED', detail };
    super('LINE_REPEATED', 'invalid', detail, { errors: [error] });
  }
}

export class CurrencyNotOffered extends DomainError {
  constructor(currency: string, sku: string) {
    const detail = `${sku} has no price in ${currency}.`;
    const error: FieldError = { pointer: '/currency', code: 'CURRENCY_NOT_OFFERED', detail };
    super('CURRENCY_NOT_OFFERED', 'invalid', detail, { errors: [error] });
  }
}

export class PaymentDueOutOfRange extends DomainError {
  constructor(earliest: Date, latest: Date) {
    const detail = `Payment must be due after ${earliest.toISOString()} and by ${latest.toISOString()}.`;
    const error: FieldError = { pointer: '/paymentDueAt', code: 'PAYMENT_DUE_OUT_OF_RANGE', detail };
    super('PAYMENT_DUE_OUT_OF_RANGE', 'invalid', detail, { errors: [error] });
  }
}
