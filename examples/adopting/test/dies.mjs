// Preloaded into an application: kills it, as a crash would, when PostgreSQL has answered a statement that contains
// DIE_AT, or the COMMIT of its transaction where DIE_WHEN is "committed".
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { DIE_AT: text, DIE_WHEN: when } = process.env;

if (text) {
  const { Client } = createRequire(join(process.cwd(), 'package.json'))('pg');
  const { query } = Client.prototype;
  Client.prototype.query = function (...args) {
    const sql = args[0]?.text ?? args[0];
    this.doomed ||= sql.includes(text);
    const isEnd = when === 'committed' ? sql === 'COMMIT' : sql.includes(text);
    const answer = query.apply(this, args);
    return this.doomed && isEnd ? answer.then(die) : answer;
  };
}

function die() {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}
