import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord } from '../../../chaos/history.mjs';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { validRun } from './recorded-run.js';

/** As the harness writes it. */
async function folderOf({ run, drain, gateway, clients, tables, ...files }: RunRecord): Promise<string> {
  const folder = await temporaryFolder();
  const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  for (const name of ['clients', 'tables']) mkdirSync(join(folder, name));
  for (const [name, content] of Object.entries({ run, drain, gateway }))
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(content));
  for (const [name, rows] of Object.entries(files)) writeFileSync(join(folder, `${name}.jsonl`), lines(rows));
  for (const [name, rows] of Object.entries(tables)) writeFileSync(join(folder, `tables/${name}.jsonl`), lines(rows));
  const half = Math.floor(clients.length / 2);
  writeFileSync(join(folder, 'clients/a-1.jsonl'), lines(clients.slice(0, half)));
  writeFileSync(join(folder, 'clients/a-2.jsonl'), lines(clients.slice(half)));
  return folder;
}

function check(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['chaos/check.mjs', ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('the program that checks a folder', () => {
  it('prints the table and ends with 0 where all is well', async () => {
    const { status, stdout } = check(await folderOf(validRun().settle()));
    expect(stdout).toMatch(/^acknowledged commands that are not in the log +0 +0 of 20; 0 never answered +ok$/m);
    expect(status).toBe(0);
  });

  it('names the row and what is wrong, and ends with 1', async () => {
    const record = validRun().settle();
    record.effects.pop();
    const { status, stdout } = check(await folderOf(record));
    expect(stdout).toMatch(/^database effects missing .* violated$/m);
    expect(stdout).toMatch(
      /\neffects.missing: database effects missing\n {2}chaos.witness-batched: none of \S+ at \d+/,
    );
    expect(status).toBe(1);
  });

  it('prints rows for programs', async () => {
    const { status, stdout } = check('--json', await folderOf(validRun().settle()));
    const { run, ok, rows } = JSON.parse(stdout);
    expect([status, run.seed, ok, rows[0].id]).toEqual([0, 7, true, 'commands.missing']);
  });

  it('takes a client’s last line for unsent where a kill has cut it off', async () => {
    const folder = await folderOf(validRun().settle());
    appendFileSync(join(folder, 'clients/a-1.jsonl'), '{"kind": "sent", "at');
    expect(check(folder)).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    [
      'a file is missing',
      (folder: string) => rmSync(join(folder, 'tables/orders.jsonl')),
      /^tables\/orders.jsonl: ENOENT/,
    ],
    ['a line is cut off', (folder: string) => appendFileSync(join(folder, 'log.jsonl'), '{'), /^log.jsonl:38: /],
    [
      'there are no clients',
      (folder: string) => rmSync(join(folder, 'clients'), { recursive: true }),
      /clients: ENOENT/,
    ],
  ])('ends with 2 where %s', async (_, spoil, says) => {
    const folder = await folderOf(validRun().settle());
    spoil(folder);
    const { status, stdout, stderr } = check(folder);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(says);
  });

  it('ends with 2 for an option that it does not know, and shows the ones that it does', () => {
    expect(check('--nonsense')).toMatchObject({ status: 2, stdout: '' });
    expect(check('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--partial') });
  });
});
