// `npm run demo`: a few customers' journeys against the running service, to be read along.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { scenes } from './scenes.mjs';
import { DemoError, Shop } from './shop.mjs';
import { Teller } from './teller.mjs';

const USAGE = `Usage: npm run demo -- [options]

Plays a few customers' journeys against the running service ("npm start"), and tells what came of each order: what
happened, what the gateway booked, which mails were written. It makes products and a customer of its own.

  --url URL      the service; default http://127.0.0.1:3000
  --sandbox URL  its sandbox gateway; default: the one that a service in this folder has started
  --key KEY      an operator's API key, where the service wants one
  --fast         without pauses to read
  --help         shows this
`;

const options = {
  url: { type: 'string', default: 'http://127.0.0.1:3000' },
  sandbox: { type: 'string' },
  key: { type: 'string' },
  fast: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

try {
  const { values } = parseArgs({ options });
  if (values.help) process.stdout.write(USAGE);
  else await play(values);
} catch (error) {
  if (!(error instanceof DemoError) && error?.code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function play({ url, sandbox = runningSandbox(), key, fast }) {
  const teller = new Teller({ fast });
  const shop = new Shop({ url, sandbox, key, teller });
  for (const scene of scenes) await scene(shop);
  teller.end(`That was all. The same for other programs: curl -s '${url}/v1/events?offset=0'`);
}

/** The service writes its sandbox's port into its data folder; of several, the newest. */
function runningSandbox() {
  const folder = process.env.DATA_DIR || '.data';
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const files = names
    .filter((name) => /^sandbox-gateway.*\.port$/.test(name))
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (files.length === 0)
    throw new DemoError(`No sandbox gateway has been started from ${folder}: name it with --sandbox.`);
  return `http://127.0.0.1:${readFileSync(files[0], 'utf8').trim()}`;
}
