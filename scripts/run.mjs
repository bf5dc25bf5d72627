// Installs and builds what is missing or old, then runs the command given as arguments, if any.
import { freshen, run } from './fresh.mjs';

freshen();
const [command, ...args] = process.argv.slice(2);
if (command) run(command === 'node' ? process.execPath : command, args);
