import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { ormOptions, type DatabaseSettings } from '../../ormconfig.js';
import { connect } from './connect.js';
import { migrate, refuseOldServer, refusePendingMigrations } from './migrations.js';

export interface DatabaseModuleSettings extends DatabaseSettings {
  /** Off: the boot fails while migrations are pending. */
  readonly migrate: boolean;
}

@Module({})
export class DatabaseModule {
  static forRoot(settings: DatabaseModuleSettings): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          // Whoever starts the service learns at once what is wrong; waiting for a database is the orchestrator's work.
          useFactory: () => ({ ...ormOptions(settings), toRetry: () => false }),
          dataSourceFactory: (options) => connectMigrated(options!, settings.migrate),
        }),
      ],
    };
  }
}

async function connectMigrated(options: DataSourceOptions, mayMigrate: boolean): Promise<DataSource> {
  const dataSource = await connect(options);
  try {
    await refuseOldServer(dataSource);
    await (mayMigrate ? migrate(dataSource) : refusePendingMigrations(dataSource));
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}
