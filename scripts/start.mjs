// `npm start`: installs and builds what is missing, then becomes the service. Runs before anything is installed.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { freshen } from './fresh.mjs';

freshen();
if (process.env.npm_lifecycle_event) endWithShell();
await import(pathToFileURL(join(process.cwd(), 'dist/src/main.js')).href);

/** npm gives SIGTERM to the shell that it runs scripts in, and the shell dies of it without passing it on. */
function endWithShell() {
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 200);
  watch.unref();
}
