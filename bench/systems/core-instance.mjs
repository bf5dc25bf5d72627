// An instance of an application on the core, as a process of its own; ends at SIGTERM.
import { Core } from './core.mjs';

const core = await Core.start(process.env.DATABASE_URL);
process.stdout.write('the core listens on http://127.0.0.1:0 for nothing but its log\n');
process.once('SIGTERM', () => void core.stop().then(() => process.exit()));
setInterval(() => undefined, 60_000);
