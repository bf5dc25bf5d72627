import { Module } from '@nestjs/common';
import { ConsumersController } from './consumers.controller.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { EventsController } from './events.controller.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsModule } from './metrics.module.js';
import { StatusGauges } from './status-gauges.js';

@Module({
  imports: [MetricsModule],
  controllers: [EventsController, DeadLettersController, ConsumersController, MetricsController],
  providers: [StatusGauges],
})
export class OperationsModule {}
