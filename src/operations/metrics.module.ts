import { Global, Module } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { MessageCounters } from './message-counters.js';

/** What the messaging core and other modules count with; a module of its own, because the core is built after it. */
@Global()
@Module({
  providers: [{ provide: Registry, useFactory: processMetrics }, MessageCounters],
  exports: [Registry, MessageCounters],
})
export class MetricsModule {}

/** A registry of its own for each application: prom-client's global one would mix up two in one process. */
function processMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
