import { Query } from '@nestjs/cqrs';

export interface CustomerContact {
  readonly customerId: string;
  readonly email: string;
  readonly firstName: string;
}

/** Where to write to; undefined for a customer who never registered, or whose data were erased. */
export class GetCustomerContact extends Query<CustomerContact | undefined> {
  constructor(readonly customerId: string) {
    super();
  }
}
