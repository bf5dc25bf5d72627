import { Body, Controller, Get, Param, Put, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Roles } from '../../access/index.js';
import type { Page } from '../../kernel/page.js';
import { AvailabilityQueries, type Availability } from '../application/availability.queries.js';
import { ProductQueries, type ProductView } from '../application/product.queries.js';
import { DefineProduct } from '../contract/commands.js';
import * as schema from './product.schema.js';

@Controller('v1/products')
export class ProductsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly products: ProductQueries,
    private readonly availability: AvailabilityQueries,
  ) {}

  @Put(':sku')
  @Roles('operator')
  @ApiOperation({ summary: 'Define a product, or redefine it' })
  async define(
    @Param('sku', { schema: schema.code }) sku: string,
    @Body({ schema: schema.defineProductRequest }) request: schema.DefineProductRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProductView> {
    const isNew = await this.commands.execute(new DefineProduct({ sku, ...request }));
    if (isNew) void reply.status(201).header('Location', `/v1/products/${sku}`);
    return this.products.get(sku);
  }

  @Get()
  @Roles('customer', 'operator', 'integration')
  @ApiOperation({ summary: 'List products, newest first' })
  async list(@Query({ schema: schema.listQuery }) page: schema.ListQuery): Promise<Page<ProductView>> {
    return this.products.list(page);
  }

  @Get(':sku')
  @Roles('customer', 'operator', 'integration')
  @ApiOperation({ summary: 'Read a product' })
  async get(@Param('sku', { schema: schema.code }) sku: string): Promise<ProductView> {
    return this.products.get(sku);
  }

  @Get(':sku/availability')
  @Roles('customer', 'operator', 'integration')
  @ApiOperation({
    summary: 'Read what of a product is free',
    description: 'By the day `date`; without it now, that is in the warehouse. `later` tells when there will be more.',
  })
  async availableBy(
    @Param('sku', { schema: schema.code }) sku: string,
    @Query({ schema: schema.availabilityQuery }) { date }: schema.AvailabilityQuery,
  ): Promise<Availability> {
    return this.availability.of(sku, date ?? null);
  }
}
