import { Body, Controller, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Roles } from '../../access/index.js';
import { BatchQueries, type BatchView } from '../application/batch.queries.js';
import { ChangeBatchEta } from '../application/change-batch-eta.js';
import { ChangeBatchQuantity } from '../application/change-batch-quantity.js';
import { ReceiveBatch } from '../application/receive-batch.js';
import type { Page } from '../../kernel/page.js';
import { CreateBatch } from '../contract/commands.js';
import * as schema from './batch.schema.js';
import { code } from './product.schema.js';

@Controller('v1/batches')
export class BatchesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly batches: BatchQueries,
  ) {}

  @Post()
  @Roles('operator', 'integration')
  @ApiOperation({
    summary: 'Create a batch',
    description: 'Serves the lines that wait for its sku. Sent again, it answers 200 and changes nothing.',
  })
  async create(
    @Body({ schema: schema.createBatchRequest }) request: schema.CreateBatchRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BatchView> {
    const isNew = await this.commands.execute(new CreateBatch(request));
    void reply.status(isNew ? 201 : 200).header('Location', `/v1/batches/${request.ref}`);
    return this.batches.get(request.ref);
  }

  @Get()
  @Roles('operator', 'integration')
  @ApiOperation({ summary: 'List batches, newest first' })
  async list(@Query({ schema: schema.listBatchesQuery }) query: schema.ListBatchesQuery): Promise<Page<BatchView>> {
    return this.batches.list(query);
  }

  @Get(':ref')
  @Roles('operator', 'integration')
  @ApiOperation({ summary: 'Read a batch' })
  async get(@Param('ref', { schema: code }) ref: string): Promise<BatchView> {
    return this.batches.get(ref);
  }

  @Put(':ref/quantity')
  @Roles('operator', 'integration')
  @ApiOperation({
    summary: 'Change the quantity of a batch',
    description:
      'Below what is allocated, lines are moved to other batches or wait: unpaid ones first, then the newest, those of ' +
      'VIPs last. Above it, waiting lines are served. With `expectedQuantity` it fails where somebody was faster.',
  })
  async changeQuantity(
    @Param('ref', { schema: code }) ref: string,
    @Body({ schema: schema.changeQuantityRequest }) { quantity, expectedQuantity }: schema.ChangeQuantityRequest,
  ): Promise<BatchView> {
    await this.commands.execute(new ChangeBatchQuantity(ref, { quantity, expected: expectedQuantity }));
    return this.batches.get(ref);
  }

  @Put(':ref/eta')
  @Roles('operator', 'integration')
  @ApiOperation({
    summary: 'Change the day on which a batch is expected',
    description: 'A batch of which nothing has been shipped yet can be expected again.',
  })
  async changeEta(
    @Param('ref', { schema: code }) ref: string,
    @Body({ schema: schema.changeEtaRequest }) { eta }: schema.ChangeEtaRequest,
  ): Promise<BatchView> {
    await this.commands.execute(new ChangeBatchEta(ref, eta));
    return this.batches.get(ref);
  }

  @Post(':ref/receipt')
  @HttpCode(200)
  @Roles('operator', 'integration')
  @ApiOperation({ summary: 'Record that a batch is in the warehouse' })
  async receive(@Param('ref', { schema: code }) ref: string): Promise<BatchView> {
    await this.commands.execute(new ReceiveBatch(ref));
    return this.batches.get(ref);
  }
}
