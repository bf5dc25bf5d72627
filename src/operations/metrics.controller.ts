import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiProduces } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { Roles } from '../access/index.js';
import { StatusGauges } from './status-gauges.js';

/** The names of handlers and how much a shop sells are nobody else's business, so it takes a key, like the events. */
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly registry: Registry,
    private readonly gauges: StatusGauges,
  ) {}

  @Get()
  @Roles('operator', 'integration')
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  @ApiProduces('text/plain')
  @ApiOperation({ summary: 'Metrics for Prometheus', description: 'docs/metrics.md says what each of them means.' })
  async read(): Promise<string> {
    await this.gauges.refresh();
    return this.registry.metrics();
  }
}
