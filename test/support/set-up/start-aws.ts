import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePythonEnvironment } from '../../../local/python-environment.ts';
import { TEST_AWS, TEST_FFMPEG, TEST_FILMS } from './handover.ts';
import { type LocalAws, startLocalAws } from './local-aws.ts';

let aws: LocalAws | undefined;
let films: string | undefined;

/** Jest's global set-up of the integration tests: a local AWS, and a place for what ffmpeg rendered. */
export default async (): Promise<void> => {
  const environment = await ensurePythonEnvironment({
    onProgress: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  films = mkdtempSync(join(tmpdir(), 'startframe-films-'));
  process.env[TEST_FILMS] = films;
  process.env[TEST_FFMPEG] = environment.ffmpeg();
  aws = await startLocalAws(environment);
  process.env[TEST_AWS] = aws.endpoint;
};

export const stopAws = async (): Promise<void> => {
  await aws?.stop();
  if (films) rmSync(films, { recursive: true, force: true });
};
