import { spawn, type ChildProcess } from 'node:child_process';
import { variables } from '../../src/app.config.js';
import { HttpClient } from './http.js';
import { endBeforeCleanup, temporaryFolder } from './temporary-folder.js';

export interface Service {
  readonly url: string;
  readonly http: HttpClient;
  /** What it has printed so far, to stdout and stderr. */
  output(): string;
  /** Sends a signal and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Sends a signal that it survives, such as SIGSTOP. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
}

export interface ServiceOptions {
  /** Without it the service starts its embedded server. */
  readonly databaseUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the built service. Another one must say where it `listens on`, too. */
  readonly program?: string;
  readonly args?: readonly string[];
  readonly user?: { readonly uid: number; readonly gid: number };
}

const READY = /listens on (http:\/\/[^\s"]+)/;
const START_LIMIT = 30_000;

const running = new Set<ChildProcess>();
/** Of all services of a test file, so that the one that follows a killed one finds what that left. */
let dataFolder: Promise<string> | undefined;

endBeforeCleanup(() => Promise.all([...running].map((child) => end(child, 'SIGKILL'))));

/** Starts the built service as a process of its own; fails with its output when it ends before it listens. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const { child, output } = await spawnService(options);
  const url = await ready(child, output);
  return {
    url,
    http: new HttpClient(url),
    output,
    kill: async (signal = 'SIGKILL') => void (await end(child, signal)),
    signal: (signal) => void child.kill(signal),
    stop: () => end(child, 'SIGTERM'),
  };
}

/** Starts a service that is expected to refuse; gives its exit code and what it printed to stderr. */
export async function failedStart(options: ServiceOptions): Promise<{ code: number | null; errors: string }> {
  const { child } = await spawnService(options);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const code = await ended(child);
  return { code, errors };
}

async function spawnService(options: ServiceOptions) {
  const { databaseUrl = '', env = {}, program = 'dist/src/main.js', args = [], user } = options;
  // Set but empty: neither the developer's environment nor a .env file reaches the service.
  const unset = Object.fromEntries(variables.map((name) => [name, '']));
  const DATA_DIR = env.DATA_DIR ?? (await (dataFolder ??= temporaryFolder()));
  const child = spawn(process.execPath, [program, ...args], {
    ...user,
    env: { ...process.env, ...unset, PORT: '0', DATABASE_URL: databaseUrl, ...env, DATA_DIR },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, output: () => text };
}

function ready(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((settle, fail) => {
    const timer = setTimeout(() => fail(new Error(`The service does not get ready:\n${output()}`)), START_LIMIT);
    child.stdout!.on('data', () => {
      const url = READY.exec(output())?.[1];
      if (!url) return;
      clearTimeout(timer);
      settle(url);
    });
    child.once('close', () => {
      clearTimeout(timer);
      fail(new Error(`The service ended before it was ready:\n${output()}`));
    });
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const code = ended(child);
  child.kill(signal);
  return code;
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  return new Promise((settle) => child.once('close', (code) => settle(code)));
}
