import { Global, Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AccessModule } from './access/access.module.js';
import { AllocationModule } from './allocation/allocation.module.js';
import { AppConfig } from './app.config.js';
import { Health } from './app.health.js';
import { CustomerModule } from './customer/customer.module.js';
import { DatabaseModule } from './database/database.module.js';
import { KernelModule } from './kernel/kernel.module.js';
import { MessagingModule } from './messaging/index.js';
import { mailCommands, NotificationModule } from './notification/notification.module.js';
import { MessageCounters } from './operations/message-counters.js';
import { MetricsModule } from './operations/metrics.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { carrierCommands, OrderModule } from './order/order.module.js';
import { gatewayCommands, RefundModule } from './refund/refund.module.js';
import { RelayModule } from './relay/relay.module.js';

@Global()
@Module({ controllers: [Health] })
export class AppModule {
  /** The modules in reading order. */
  static forRoot(config: AppConfig, databaseUrl: string): DynamicModule {
    return {
      module: AppModule,
      imports: [
        DatabaseModule.forRoot({ databaseUrl, requestPoolSize: config.requestPoolSize, migrate: config.migrate }),
        KernelModule,
        MessagingModule.forRootAsync({
          imports: [MetricsModule],
          inject: [MessageCounters],
          useFactory: (observer: MessageCounters) => ({
            strictNames: true,
            retry: config.messagingRetry,
            commands: new Map([...gatewayCommands(config), ...carrierCommands(config), ...mailCommands(config)]),
            workerPoolSize: config.workerPoolSize,
            poll: config.messagingPoll,
            timer: false,
            lease: config.messagingLeaseMs,
            shutdownTimeout: config.shutdownTimeoutMs,
            observer,
          }),
        }),
        CqrsModule.forRoot(),
        AccessModule,
        OperationsModule,
        OrderModule,
        AllocationModule,
        RefundModule,
        CustomerModule,
        NotificationModule,
        RelayModule.forRoot(config),
      ],
      providers: [{ provide: AppConfig, useValue: config }],
      exports: [AppConfig],
    };
  }
}
