import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { connectionOptions } from '../../dist/src/database/connection-options.js';
import { MessagingModule, UnitOfWork } from '../../dist/src/messaging/index.js';

const CONNECTIONS = 16;

class EmptyModule {}

const ormOptions = (context, entities) => ({
  ...connectionOptions({ databaseUrl: context.url, requestPoolSize: CONNECTIONS }),
  entities,
});

/** An application with nothing but the core, whose tables are in the schema `core`; closed with the context. */
export async function startApplication(context, { entities = [], ...options } = {}) {
  const module = {
    module: EmptyModule,
    imports: [
      TypeOrmModule.forRoot(ormOptions(context, entities)),
      MessagingModule.forRoot({ ...options, schema: 'core' }),
    ],
  };
  const application = await NestFactory.createApplicationContext(module, { logger: ['fatal', 'error', 'warn'] });
  return {
    unitOfWork: application.get(UnitOfWork),
    dataSource: application.get(DataSource),
    close: () => application.close(),
  };
}

/** TypeORM without the core, on the same settings. */
export async function plainTypeOrm(context, { entities = [], subscribers = [] } = {}) {
  const dataSource = new DataSource({ ...ormOptions(context, entities), subscribers });
  await dataSource.initialize();
  context.onClose(() => dataSource.destroy());
  return dataSource;
}
