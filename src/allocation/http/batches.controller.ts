import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Roles } from '../../access/index.js';
import { BatchQueries, type BatchView } from '../application/batch.queries.js';
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
}
