export const typescript = {
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // Applications and packages of their own.
  modulePathIgnorePatterns: ['<rootDir>/examples/', '<rootDir>/dist/'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'es6' },
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
      },
    ],
  },
};

/** `unit` needs no database; `database` gets one from its global setup, and a build of the service to spawn. */
export default {
  projects: [
    {
      ...typescript,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/{unit,architecture}/**/*.test.ts'],
    },
    {
      ...typescript,
      displayName: 'database',
      testMatch: ['<rootDir>/test/{integration,e2e}/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.mjs',
      globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
    },
  ],
  // The database tests mostly wait, so one worker per core is not too many, even on two.
  maxWorkers: 2,
  testTimeout: 30_000,
};
