import { ormOptions } from '../ormconfig.js';
import { loadConfig } from './app.config.js';
import { report } from './app.report.js';
import { connect } from './database/connect.js';
import { migrate, revert } from './database/migrations.js';
import { openDatabase } from './database/open-database.js';

/** `npm run migrate`: runs what is pending; with `down`, reverts the newest. */
async function main(direction = 'up'): Promise<void> {
  const database = await openDatabase(loadConfig());
  try {
    const dataSource = await connect(ormOptions({ databaseUrl: database.url, requestPoolSize: 1 }));
    const names = direction === 'down' ? await revert(dataSource) : (await migrate(dataSource)).join('\n');
    process.stdout.write(`${names || 'Nothing to do.'}\n`);
    await dataSource.destroy();
  } finally {
    await database.close();
  }
}

await main(process.argv[2]).catch(report);
process.exit();
