import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { ExpectedVersions } from '../../kernel/aggregate.js';
import type { Profile } from '../domain/customer.state.js';
import { Customers } from '../domain/customers.js';

export class UpdateCustomer extends Command<void> {
  constructor(
    readonly id: string,
    readonly patch: Partial<Profile>,
    readonly expected: ExpectedVersions,
  ) {
    super();
  }
}

@CommandHandler(UpdateCustomer)
export class UpdateCustomerHandler implements ICommandHandler<UpdateCustomer> {
  constructor(private readonly customers: Customers) {}

  async execute({ id, patch, expected }: UpdateCustomer): Promise<void> {
    await this.customers.change({ id }, (customer) => {
      customer.mustBeAt(expected);
      customer.update(patch);
    });
  }
}
