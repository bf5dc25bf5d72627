import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

// Whatever ends the harness, nothing that it started outlives it; a stopped process is killed all the same.
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/**
 * Starts a Node program with a channel for messages; what it prints goes to a file.
 *
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, log: string }} options
 */
export function startChild(args, { env = {}, log }) {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  // A message to a process that has just died is lost, as it would be a moment later.
  child.on('error', () => undefined);
  const file = createWriteStream(log, { flags: 'a' });
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  child.once('close', () => file.end());
  return child;
}

/** @param {import('node:child_process').ChildProcess} child */
export function hasEnded(child) {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Sends a signal and waits for the end; after the limit, kills. */
export async function end(child, signal, limitMs = 15_000) {
  if (hasEnded(child)) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  await exited;
  clearTimeout(timer);
}

/** Tells a process something; false when it is gone. */
export function tell(child, message) {
  if (hasEnded(child) || !child.connected) return false;
  child.send(message, () => undefined);
  return true;
}

/** Waits until a process says where it listens. */
export function listening(child, limitMs = 30_000) {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => finish(reject, new Error('it does not say where it listens')), limitMs);
    const onExit = (code, signal) => finish(reject, new Error(`it ended with ${signal ?? code} before it listened`));
    const onData = (chunk) => {
      output += chunk;
      const [, url] = /listens on (http:\/\/[^\s"]+)/.exec(output) ?? [];
      if (url) finish(resolve, url);
    };
    const finish = (settle, value) => {
      clearTimeout(timer);
      child.stdout.removeListener('data', onData);
      child.removeListener('exit', onExit);
      settle(value);
    };
    child.stdout.on('data', onData);
    child.once('exit', onExit);
  });
}
