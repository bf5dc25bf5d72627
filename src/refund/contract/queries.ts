import { Query } from '@nestjs/cqrs';

/** How many refunds of these orders have not come to their end: the customer may still get money. */
export class CountUnfinishedRefunds extends Query<number> {
  constructor(readonly orderIds: readonly string[]) {
    super();
  }
}

/** Everything that is kept of the payments and refunds of these orders, for the customer to read. */
export class ExportPayments extends Query<readonly object[]> {
  constructor(readonly orderIds: readonly string[]) {
    super();
  }
}
