import { Body, Controller, Delete, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation } from '@nestjs/swagger';
import { Idempotent, type Once, Roles } from '../../access/index.js';
import { Allocate } from '../application/allocate.js';
import { AllocationQueries, type AllocationView } from '../application/allocation.queries.js';
import { Deallocate } from '../application/deallocate.js';
import * as schema from './allocation.schema.js';

/** For teams that have orders of their own and share the stock. */
@Controller('v1/allocations')
export class AllocationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly allocations: AllocationQueries,
  ) {}

  @Post()
  @HttpCode(200)
  @Roles('integration', 'operator')
  @ApiOperation({
    summary: "Allocate stock to a line of the caller's own order",
    description: 'The state is `allocated`, `backordered` or `out_of_stock`; each of them is recorded.',
  })
  async allocate(
    @Body({ schema: schema.allocateRequest }) line: schema.AllocateRequest,
    @Idempotent() once: Once,
  ): Promise<AllocationView> {
    await once(async () => {
      await this.commands.execute(new Allocate(line, 'team'));
      return line.lineId;
    });
    return this.allocations.get(line);
  }

  @Delete(':orderId/:lineId')
  @Roles('integration', 'operator')
  @ApiOperation({ summary: 'Release what is allocated to a line, for good' })
  async release(
    @Param('orderId', { schema: schema.id }) orderId: string,
    @Param('lineId', { schema: schema.id }) lineId: string,
  ): Promise<AllocationView> {
    const line = await this.allocations.get({ orderId, lineId });
    await this.commands.execute(new Deallocate({ orderId, lineId, sku: line.sku }, 0, 'team'));
    return this.allocations.get(line);
  }
}
