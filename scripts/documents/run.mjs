// `npm run docs`: writes docs/messages.md, docs/modules.md and docs/openapi.json from the running container; with --check it
// only compares, and fails where one is out of date.
import 'reflect-metadata';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import prettier from 'prettier';
import { readConfig } from '../../dist/src/app.config.js';
import { AppModule } from '../../dist/src/app.module.js';
import { EmbeddedPostgres } from '../../dist/src/database/embedded-postgres.js';
import { configureHttp, HTTP_OPTIONS, httpAdapter } from '../../dist/src/operations/configure-http.js';
import { describeApi } from '../../dist/src/operations/openapi.js';
import { messagesDocument } from './messages.mjs';
import { modelOf } from './model.mjs';
import { modulesDocument } from './modules.mjs';

const MODULES = ['order', 'allocation', 'refund', 'customer', 'notification'];
const DATABASE = `aftercommit_docs_${process.pid}`;

const check = process.argv.includes('--check');
const documents = await withDatabase(describe);
const stale = Object.entries(documents).filter(
  ([file, text]) => !existsSync(file) || readFileSync(file, 'utf8') !== text,
);
if (!check) for (const [file, text] of stale) writeFileSync(file, text);
for (const [file] of stale)
  process.stderr.write(`${file} ${check ? 'is out of date: run "npm run docs"' : 'is new'}\n`);
process.exit(check && stale.length > 0 ? 1 : 0);

async function describe(databaseUrl) {
  // No gateway is called; naming one keeps the sandbox from being started.
  const config = readConfig({ SANDBOX_GATEWAY_URL: 'http://127.0.0.1:9', MESSAGING_POLL: 'off' });
  const options = { ...HTTP_OPTIONS, logger: ['fatal', 'error'] };
  const app = await NestFactory.create(AppModule.forRoot(config, databaseUrl), httpAdapter(), options);
  try {
    configureHttp(app);
    await app.init();
    const model = await modelOf(app, MODULES);
    return await formatted({
      'docs/messages.md': messagesDocument(model),
      'docs/modules.md': modulesDocument(model),
      'docs/openapi.json': JSON.stringify(describeApi(app)),
    });
  } finally {
    await app.close();
  }
}

async function formatted(texts) {
  const entries = Object.entries(texts).map(async ([filepath, text]) => {
    const options = await prettier.resolveConfig(filepath);
    return [filepath, await prettier.format(text, { ...options, filepath })];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** An empty database on the server of DATABASE_URL, or on the embedded one that tests use. */
async function withDatabase(work) {
  const server = process.env.DATABASE_URL ? undefined : await EmbeddedPostgres.acquire('.data/test-postgres');
  const url = new URL(process.env.DATABASE_URL ?? server.url);
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(`create database ${DATABASE}`);
    url.pathname = DATABASE;
    return await work(url.href);
  } finally {
    await client.query(`drop database if exists ${DATABASE} with (force)`);
    await client.end();
    await server?.release();
  }
}
