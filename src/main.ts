import 'reflect-metadata';
import { Logger as NestLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { loadConfig, type AppConfig } from './app.config.js';
import { greeting } from './app.greeting.js';
import { AppModule } from './app.module.js';
import { report } from './app.report.js';
import { seed } from './app.seed.js';
import { openDatabase, type OpenDatabase } from './database/open-database.js';
import { configureHttp, HTTP_OPTIONS, httpAdapter } from './operations/configure-http.js';
import { Logger, nestLevels } from './operations/logger.js';
import { sandboxUrl } from './refund/refund.module.js';

process.setSourceMapsEnabled(true);

/** From the start to the end of the process: the database is the first to come and the last to go. */
async function main(): Promise<void> {
  const config = loadConfig();
  const stopped = stopSignal(config);
  const database = await openDatabase(config);
  try {
    const app = await start(config, database);
    await stopped;
    await app.close();
  } finally {
    await database.close();
  }
}

async function start(config: AppConfig, database: OpenDatabase): Promise<NestFastifyApplication> {
  const logger = new Logger({ level: config.logLevel });
  const module = AppModule.forRoot(config, database.url);
  const options = { ...HTTP_OPTIONS, logger, abortOnError: false };
  const app = await NestFactory.create<NestFastifyApplication>(module, httpAdapter(), options);
  NestLogger.overrideLogger(nestLevels(config.logLevel));
  try {
    configureHttp(app);
    await app.init();
    if (config.seed ?? database.embedded) await seed(app);
    await app.listen(config.port, hostOf(config));
  } catch (error) {
    await app.close();
    throw error;
  }
  logger.log(`Aftercommit listens on ${await app.getUrl()}`, 'Service');
  if (database.embedded) process.stdout.write(greeting(await app.getUrl(), database, sandboxUrl(app)));
  return app;
}

/** Without credentials every caller is trusted, so nobody beyond this machine may call. */
function hostOf({ host, authKeys, authJwksUrl }: AppConfig): string {
  return host ?? (authKeys || authJwksUrl ? '0.0.0.0' : '127.0.0.1');
}

/** Settles at the first signal to stop. npm and the terminal may send the same one twice: the second changes nothing. */
function stopSignal({ shutdownTimeoutMs }: AppConfig): Promise<void> {
  return new Promise((settle) => {
    const stop = () => {
      // Twice the time that each part takes at most: then something hangs.
      setTimeout(() => process.exit(1), 2 * shutdownTimeoutMs).unref();
      settle();
    };
    process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
  });
}

await main().catch(report);
process.exit();
