// `npm run check`: everything that can be said about the code without a database.
import { freshen, run, say } from './fresh.mjs';

const node = (script, ...args) => [process.execPath, [`node_modules/${script}`, ...args]];

const STEPS = {
  types: node('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'),
  lint: node('oxlint/bin/oxlint', '--type-aware', '--deny-warnings', '--quiet'),
  format: node('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'),
  boundaries: node('dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.cjs', 'src'),
  'unit tests': [
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--selectProjects=unit',
      ...process.argv.slice(2),
    ],
  ],
};

freshen();
for (const [name, [command, args]] of Object.entries(STEPS)) {
  say(`— ${name}`);
  run(command, args);
}
