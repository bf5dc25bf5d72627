import { spawn } from 'node:child_process';
import { once } from 'node:events';

const READY = /listens on (http:\/\/[^\s"]+)/;

/**
 * Starts a server as a process of its own, on any free port, and waits until it says where it listens.
 *
 * @param {string} program
 * @param {Record<string, string>} environment
 */
export async function startProcess(program, environment) {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.removeListener('exit', kill));
  return { url: await address(child, program), pid: child.pid, stop: () => stop(child) };
}

function address(child, program) {
  let output = '';
  return new Promise((resolve, reject) => {
    child.once('close', () => reject(new Error(`${program} ended before it listened:\n${output}`)));
    // What comes later is read as well, or the process would wait for us once the pipe is full.
    child.stdout.on('data', (chunk) => {
      if (READY.test(output)) return;
      output += chunk;
      const [, url] = READY.exec(output) ?? [];
      if (url) resolve(url);
    });
  });
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
}
