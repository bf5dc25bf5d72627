import { Controller, Headers, HttpCode, Param, Post, type RawBodyRequest, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from '../../access/index.js';
import { TakeWebhook } from '../application/take-webhook.js';
import { PaymentGateways } from '../domain/payment-gateway.js';

@Controller('v1/gateway-webhooks')
export class GatewayWebhooksController {
  constructor(
    private readonly commands: CommandBus,
    private readonly gateways: PaymentGateways,
  ) {}

  @Post(':gateway')
  @Public()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Hear from a gateway',
    description: 'Public: the signature over the raw body tells who sent it. Answers before the work is done.',
  })
  async receive(
    @Param('gateway') gateway: string,
    @Headers('stripe-signature') signature: string | undefined,
    @Req() { rawBody }: RawBodyRequest<FastifyRequest>,
  ): Promise<{ received: true }> {
    const notice = this.gateways.online(gateway).readWebhook(rawBody ?? Buffer.alloc(0), signature);
    await this.commands.execute(new TakeWebhook(gateway, notice));
    return { received: true };
  }
}
