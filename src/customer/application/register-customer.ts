import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import type { Profile } from '../domain/customer.state.js';
import { Customers } from '../domain/customers.js';

/** Answers whether the registration is new. */
export class RegisterCustomer extends Command<boolean> {
  constructor(
    readonly id: string,
    readonly profile: Profile,
  ) {
    super();
  }
}

@CommandHandler(RegisterCustomer)
export class RegisterCustomerHandler implements ICommandHandler<RegisterCustomer> {
  constructor(
    private readonly customers: Customers,
    private readonly clock: Clock,
  ) {}

  async execute({ id, profile }: RegisterCustomer): Promise<boolean> {
    const now = this.clock.now();
    return this.customers.change({ id, orNewAt: now }, (customer) => customer.register(profile, now));
  }
}
