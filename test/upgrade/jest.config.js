import { fileURLToPath } from 'node:url';
import base from '../../jest.config.js';

const [{ roots: _, globalSetup: __, globalTeardown: ___, ...project }] = base.projects;

/**
 * Two deployments of the local cloud take a minute and more: `npm run test:upgrade`, which is not part of `npm test`.
 * @type {import('jest').Config}
 */
export default {
  ...project,
  displayName: 'upgrade',
  rootDir: fileURLToPath(new URL('../..', import.meta.url)),
  roots: ['<rootDir>/test/upgrade'],
  testTimeout: 900_000,
};
