import { createHash } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AppConfig } from '../../app.config.js';
import { SharedSandbox } from './sandbox-gateway/shared-sandbox.js';

/** The sandbox that the service runs when it has no gateway; it sends its webhooks to this service. */
@Injectable()
export class EmbeddedSandbox implements OnApplicationShutdown {
  readonly #logger = new Logger('SandboxGateway');
  #sandbox: SharedSandbox | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly http: HttpAdapterHost,
  ) {}

  get url(): string | undefined {
    return this.#sandbox?.url ?? this.config.sandboxGatewayUrl;
  }

  async open(webhookSecret: string): Promise<string> {
    const receiver = { url: () => this.webhookUrl(), secret: webhookSecret };
    this.#sandbox = await SharedSandbox.join({ bookFile: this.bookFile(), receiver });
    this.#logger.log(`Payments go to the sandbox gateway at ${this.#sandbox.url}/sandbox: no STRIPE_SECRET_KEY is set`);
    return this.#sandbox.url;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#sandbox?.close();
  }

  /** A book belongs to a database: its intents name orders that are there. */
  private bookFile(): string {
    const { dataDir, databaseUrl } = this.config;
    const database = databaseUrl && createHash('sha256').update(databaseUrl).digest('hex').slice(0, 8);
    return resolve(join(dataDir, database ? `sandbox-gateway-${database}.jsonl` : 'sandbox-gateway.jsonl'));
  }

  /** Known only once the service listens; until then the webhooks wait. */
  private webhookUrl(): string | undefined {
    const server = this.http.httpAdapter?.getHttpServer() as Server | undefined;
    const address = server?.address() as AddressInfo | null | undefined;
    return address ? `http://${reachable(address)}/v1/gateway-webhooks/sandbox` : undefined;
  }
}

function reachable({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0' || address === '::') return `127.0.0.1:${port}`;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
