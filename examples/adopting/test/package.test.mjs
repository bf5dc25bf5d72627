import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { Library } from './library.mjs';

const application = fileURLToPath(new URL('../after', import.meta.url));
const installed = join(application, 'node_modules');

describe('the package', () => {
  it('contains what was built, and no source', () => {
    const files = readdirSync(join(installed, 'aftercommit'), { recursive: true, withFileTypes: true });
    const names = files.filter((entry) => entry.isFile()).map((entry) => entry.name);
    assert.deepEqual(names.filter((name) => !/\.(js|d\.ts)$/.test(name)).sort(), [
      'LICENSE',
      'README.md',
      'package.json',
    ]);
  });

  it('brings nothing along that only the service needs', () => {
    const strange = ['fastify', 'stripe', 'pino', 'prom-client', 'nodemailer', '@nestjs/schedule', '@nestjs/swagger'];
    assert.deepEqual(
      strange.filter((name) => existsSync(join(installed, name))),
      [],
    );
  });

  it('can be loaded by CommonJS as well', () => {
    const script = `console.log(typeof require('aftercommit/messaging').MessagingModule.forRoot)`;
    const printed = execFileSync(process.execPath, ['--input-type=commonjs', '-e', script], { cwd: application });
    assert.equal(printed.toString().trim(), 'function');
  });
});

describe('the SQL for other migration tools', () => {
  let library;
  before(async () => (library = await Library.found('after')));
  after(() => library.close());

  const sql = (...args) =>
    execFileSync(join(installed, '.bin/aftercommit-messaging-sql'), args, { encoding: 'utf8', stdio: 'pipe' });
  const schemas = async () => {
    const rows = await library.query(`select nspname as name from pg_namespace where nspname like 'le%' order by name`);
    return rows.map(({ name }) => name);
  };

  it('creates the schema, and drops it', async () => {
    await library.query(sql('--schema', 'lending'));
    assert.deepEqual(await schemas(), ['lending']);
    await library.query(sql('--schema', 'lending', '--down'));
    assert.deepEqual(await schemas(), []);
  });

  it('is explained, and refuses a name that could not be one', () => {
    assert.match(sql('--help'), /^Usage: aftercommit-messaging-sql/);
    assert.throws(() => sql('--schema', 'x; drop table book'), /can't name the messaging schema/);
  });
});
