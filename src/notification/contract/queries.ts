import { Query } from '@nestjs/cqrs';

/** Every mail that was sent to a customer, for the customer to read; newest first. */
export class ExportMails extends Query<readonly object[]> {
  constructor(readonly customerId: string) {
    super();
  }
}
