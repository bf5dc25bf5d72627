import { Controller, Get } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Roles } from '../../access/index.js';
import { type StockDifference, StockCheckQueries } from '../application/stock-check.queries.js';

@Controller('v1/stock-check')
export class StockCheckController {
  constructor(private readonly stockCheck: StockCheckQueries) {}

  @Get()
  @Roles('operator')
  @ApiOperation({
    summary: 'Check that the books of the stock add up',
    description:
      'Lists the first 1,000 differences between batches and the lines that hold their units; none is repaired.',
  })
  async check(): Promise<{ readonly data: readonly StockDifference[] }> {
    return { data: await this.stockCheck.differences() };
  }
}
