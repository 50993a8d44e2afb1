import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePythonEnvironment } from '../../../local/python-environment.ts';
import { reportRefusal } from '../strict-wire/refusal.ts';
import { type StrictWire, startStrictWire } from '../strict-wire/strict-wire.ts';
import { TEST_AWS, TEST_FFMPEG, TEST_FILMS } from './handover.ts';
import { type LocalAws, startLocalAws } from './local-aws.ts';

let aws: LocalAws | undefined;
let wire: StrictWire | undefined;
let films: string | undefined;

/** Jest's global set-up of the integration tests: a local AWS behind the strict wire, and a place for what ffmpeg rendered. */
export default async (): Promise<void> => {
  const environment = await ensurePythonEnvironment({
    onProgress: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  films = mkdtempSync(join(tmpdir(), 'startframe-films-'));
  process.env[TEST_FILMS] = films;
  process.env[TEST_FFMPEG] = environment.ffmpeg();
  aws = await startLocalAws(environment);
  // Nobody reaches the local AWS but through the wire that refuses what the real one refuses.
  wire = await startStrictWire({
    target: aws.endpoint,
    // Some tests set their clock ahead to look at what comes later.
    except: ['signed-too-long-ago'],
    onRefusal: reportRefusal,
  });
  process.env[TEST_AWS] = wire.url;
};

export const stopAws = async (): Promise<void> => {
  await wire?.close();
  await aws?.stop();
  if (films) rmSync(films, { recursive: true, force: true });
};
