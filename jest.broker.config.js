import jest, { typescript } from './jest.config.js';

/** Tests with a real RabbitMQ, which their setup starts: a configuration of its own, so that `npm test` leaves them out. */
export default {
  ...jest,
  projects: [
    {
      ...typescript,
      displayName: 'broker',
      testMatch: ['<rootDir>/test/broker/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/broker-setup.mjs',
      globalTeardown: '<rootDir>/test/support/broker-teardown.mjs',
    },
  ],
  // Some stop the broker, which all share.
  maxWorkers: 1,
  testTimeout: 60_000,
};
