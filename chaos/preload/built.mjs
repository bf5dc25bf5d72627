import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const DIST = process.env.CHAOS_DIST;

/** A module of the build that this instance runs. @param {string} path below src */
export function built(path) {
  return import(pathToFileURL(join(DIST, 'src', path)).href);
}

/** The modules of the build whose path matches. @param {RegExp} pattern */
export function builtModules(pattern) {
  const paths = readdirSync(join(DIST, 'src'), { recursive: true, encoding: 'utf8' });
  return Promise.all(paths.filter((path) => pattern.test(path)).map(built));
}
