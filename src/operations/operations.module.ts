import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { ConsumersController } from './consumers.controller.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { EventStreamController } from './event-stream.controller.js';
import { EventsController } from './events.controller.js';
import { FeedReaders } from './feed-readers.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsModule } from './metrics.module.js';
import { OutboxSchedule } from './outbox-schedule.js';
import { StatusGauges } from './status-gauges.js';

@Module({
  imports: [MetricsModule, ScheduleModule.forRoot()],
  controllers: [EventsController, EventStreamController, DeadLettersController, ConsumersController, MetricsController],
  providers: [OutboxSchedule, StatusGauges, FeedReaders],
})
export class OperationsModule {}
