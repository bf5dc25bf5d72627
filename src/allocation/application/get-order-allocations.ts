import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { GetOrderAllocations, type LineAllocation } from '../contract/queries.js';
import { AllocationQueries } from './allocation.queries.js';

@QueryHandler(GetOrderAllocations)
export class GetOrderAllocationsHandler implements IQueryHandler<GetOrderAllocations> {
  constructor(private readonly allocations: AllocationQueries) {}

  async execute({ orderId }: GetOrderAllocations): Promise<readonly LineAllocation[]> {
    return this.allocations.ofOrder(orderId);
  }
}
