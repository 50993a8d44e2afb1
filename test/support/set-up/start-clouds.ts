import { type CloudKeeper, startCloudKeeper } from './cloud-keeper.ts';
import { TEST_CLOUDS } from './handover.ts';

let keeper: CloudKeeper | undefined;

/** Jest's global set-up of the end-to-end tests: a cloud starts when a test file asks for it. */
export default async (): Promise<void> => {
  keeper = await startCloudKeeper();
  process.env[TEST_CLOUDS] = keeper.url;
};

export const stopClouds = async (): Promise<void> => keeper?.stop();
