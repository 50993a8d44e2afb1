import type { RunningGateway } from '../../../simulator/server.ts';
import { type PictureServer, start, startPictures } from './support.ts';

/** Of the test file at work, from `setUpGateway` on. */
export let gateway: RunningGateway;
export let pictures: PictureServer;

/** A gateway, and pictures for it, for the tests of one file: call it before they are declared. */
export const setUpGateway = (): void => {
  jest.setTimeout(120_000);
  beforeAll(async () => {
    pictures = await startPictures();
    gateway = await start();
  }, 300_000);
  beforeEach(async () => {
    await fetch(`${gateway.url}/_gateway/ledger`, { method: 'DELETE' });
  });
  afterAll(async () => {
    await gateway.close();
    await pictures.close();
  });
};

/** The faults that the test file has tried: it tries every row of the table that is its own. */
export const tried = new Set<string>();

/** A prompt with faults. Records that the test file has tried them. */
export const promptWith = (...faults: string[]) => {
  for (const fault of faults) tried.add(fault.replace(/\(.*/s, ''));
  return `A boat ${faults.map((fault) => `[[fault:${fault}]]`).join(' ')}`;
};
