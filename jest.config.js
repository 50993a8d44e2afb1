import { availableParallelism } from 'node:os';

/** What all projects have in common. */
const common = {
  testEnvironment: 'node',
  transform: {
    '\\.[jt]s$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'commonjs' } },
    ],
  },
  // middy ships ES modules only, and says so in its exports; everything else under node_modules is left as it is.
  moduleNameMapper: { '^@middy/core$': '<rootDir>/node_modules/@middy/core/index.js' },
  transformIgnorePatterns: ['/node_modules/(?!@middy/)'],
};

/** The tests of one folder below test/, under its name: `npx jest --selectProjects unit`. */
const project = (displayName, settings = {}) => ({
  ...common,
  displayName,
  roots: [`<rootDir>/test/${displayName}`],
  testMatch: ['**/*.test.ts'],
  ...settings,
});

/** @type {import('jest').Config} */
export default {
  // Jest leaves one core to itself. On two cores that would be one worker, while the tests wait more than they compute.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // Not a measure of speed: busy machines are slow, and a test that hangs still ends. Jest has no time-out per project.
  testTimeout: 30_000,
  testSequencer: './test/support/sequencer.cjs',
  projects: [
    project('unit'),
    project('integration', {
      globalSetup: '<rootDir>/test/support/set-up/start-aws.ts',
      globalTeardown: '<rootDir>/test/support/set-up/stop-aws.ts',
    }),
    project('e2e', {
      globalSetup: '<rootDir>/test/support/set-up/start-clouds.ts',
      globalTeardown: '<rootDir>/test/support/set-up/stop-clouds.ts',
    }),
  ],
};
