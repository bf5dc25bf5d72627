import { DomainError } from '../../kernel/domain-error.js';

export class CustomerNotFound extends DomainError {
  constructor(customerId: string) {
    super('CUSTOMER_NOT_FOUND', 'not-found', `There is no customer ${customerId}.`);
  }
}

export class CustomerExists extends DomainError {
  constructor(customerId: string) {
    super('CUSTOMER_EXISTS', 'conflict', `Customer ${customerId} is registered with other data.`);
  }
}

export class CustomerNotRegistered extends DomainError {
  constructor(customerId: string) {
    super('CUSTOMER_NOT_REGISTERED', 'conflict', `Customer ${customerId} has no profile that could be changed.`);
  }
}

/** Doesn't repeat the address: errors are logged. */
export class EmailTaken extends DomainError {
  constructor() {
    super('EMAIL_TAKEN', 'conflict', 'Another customer is registered with this e-mail address.');
  }
}

export class CustomerHasOpenOrders extends DomainError {
  constructor(orderIds: readonly string[]) {
    super('CUSTOMER_HAS_OPEN_ORDERS', 'conflict', 'An order is still open: its receiver is needed.', { orderIds });
  }
}

export class CustomerHasUnfinishedRefunds extends DomainError {
  constructor(refunds: number) {
    super('CUSTOMER_HAS_UNFINISHED_REFUNDS', 'conflict', 'The customer may still get money back.', { refunds });
  }
}
