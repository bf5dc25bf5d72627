import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A block of commands in the README, of which the last one printed an answer. */
interface Step {
  readonly commands: string;
  readonly printed?: unknown;
}

const journey = /^## One journey$(.*?)^## /ms.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
const steps = [...journey.matchAll(/^```sh\n(.*?)^```\n(?:\n```json\n(.*?)^```)?/gms)].map(
  ([, commands, json]): Step => ({ commands: commands!, printed: json && JSON.parse(json) }),
);

/** What differs from run to run, and still has a form. */
const FORMS = [/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, /^pi_\w+$/, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/];

let service: Service;
let dataFolder: string;
/** Values of this run, by those that the README printed in their place, and shell variables. */
const values = new Map<string, string>();

beforeAll(async () => {
  dataFolder = await temporaryFolder();
  service = await startService({ env: { DATA_DIR: dataFolder } });
});
afterAll(async () => void (await service.stop()));

function assign([, name, text]: RegExpMatchArray): void {
  const read = text!.replace(/\$\(cat \.data\/([\w.-]+)\)/, (_, file: string) =>
    readFileSync(join(dataFolder, file), 'utf8').trim(),
  );
  values.set(`$${name}`, values.get(read) ?? read.replace('http://127.0.0.1:3000', service.url));
}

/** Sends what a curl command line asks for. */
async function send(command: string): Promise<unknown> {
  const expanded = command.replace(/\$[A-Z]+/g, (name) => values.get(name) ?? name);
  const words = [...expanded.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c!);
  const after = (option: string) => words.filter((_, i) => words[i - 1] === option);
  const [body] = after('--json');
  const headers = after('-H').map((header) => header.split(': ') as [string, string]);
  const [method = body ? 'POST' : 'GET'] = after('-X');
  const response = await fetch(
    words.find((word) => word.startsWith('http'))!,
    {
      method,
      headers: [...headers, ...(body ? [['Content-Type', 'application/json'] as [string, string]] : [])],
      body,
    },
  );
  return response.json();
}

/** What must be in an answer: the same as was printed, but for values of this run. */
function like(printed: unknown): unknown {
  if (Array.isArray(printed)) return printed.map(like);
  if (typeof printed === 'string') {
    const form = FORMS.find((each) => each.test(printed));
    return values.get(printed) ?? (form ? expect.stringMatching(form) : printed);
  }
  if (typeof printed !== 'object' || printed === null) return printed;
  return Object.fromEntries(Object.entries(printed).map(([name, value]) => [name, like(value)]));
}

function learn(printed: unknown, actual: unknown): void {
  if (typeof printed === 'string') values.set(printed, actual as string);
  if (typeof printed !== 'object' || printed === null) return;
  for (const [name, value] of Object.entries(printed)) learn(value, (actual as Record<string, unknown>)[name]);
}

async function take({ commands, printed }: Step): Promise<void> {
  for (const assignment of commands.matchAll(/^([A-Z]+)=(.*)$/gm)) assign(assignment);
  const [, command] = /^(curl .*)/ms.exec(commands)!;
  const isRead = !/ (-X|--json) /.test(command!);
  let answer: unknown;
  const ask = async () => {
    answer = await send(command!);
    if (printed) expect(answer).toMatchObject(like(printed) as object);
    return true;
  };
  // A reader looks a moment later than a program does.
  await (isRead ? eventually(ask) : ask());
  learn(printed, answer);
}

describe('the journey in the README', () => {
  it('is there', () => {
    expect(steps.length).toBeGreaterThan(5);
  });

  it('can be gone by whoever reads it, with the answers that it prints', async () => {
    for (const step of steps) await take(step);
  });
});
