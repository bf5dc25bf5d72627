import { type DynamicModule, Module } from '@nestjs/common';
import type { AppConfig } from '../app.config.js';
import { MessageIntake } from './application/message-intake.js';
import { ParkedMessages } from './application/parked-messages.js';
import { RetryParkedMessage } from './application/retry-parked-message.js';
import { ParkedMessagesController } from './http/parked-messages.controller.js';
import { Rabbit } from './infrastructure/rabbit.js';
import { RabbitListener } from './infrastructure/rabbit-listener.js';
import { RabbitRelay } from './infrastructure/rabbit-relay.js';

/** Events out to RabbitMQ, commands in from it; each only where the configuration names it. */
@Module({
  controllers: [ParkedMessagesController],
  providers: [MessageIntake, ParkedMessages, RetryParkedMessage],
})
export class RelayModule {
  static forRoot({ rabbitmqUrl, rabbitmqQueue }: AppConfig): DynamicModule {
    const outgoing = rabbitmqUrl ? [Rabbit, RabbitRelay] : [];
    const incoming = rabbitmqUrl && rabbitmqQueue ? [RabbitListener] : [];
    return { module: RelayModule, providers: [...outgoing, ...incoming] };
  }
}
