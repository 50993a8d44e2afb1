import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Program, startProgram } from '../../../local/programs.ts';
import type { PythonEnvironment } from '../../../local/python-environment.ts';
import { freePort } from '../free-port.ts';

/** One MiniStack, without IAM, for all integration tests of a run. */
export interface LocalAws {
  readonly endpoint: string;
  stop(): Promise<void>;
}

// It is up in 0.5 s; a busy machine with a cold disk was seen to take 10 s.
const START_LIMIT_MS = 60_000;

export const startLocalAws = async ({ python }: PythonEnvironment): Promise<LocalAws> => {
  const folder = mkdtempSync(join(tmpdir(), 'startframe-aws-'));
  const port = await freePort();
  const program = await startProgram({
    command: python,
    parameters: [join(import.meta.dirname, '../../../local/run-ministack.py')],
    watchesUs: true,
    folder,
    environment: {
      ...process.env,
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      TMPDIR: folder,
    },
    logFile: join(folder, 'ministack.log'),
  });
  const aws: LocalAws = {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await untilHealthy(aws.endpoint, program);
  } catch (error) {
    await aws.stop();
    throw error;
  }
  return aws;
};

const untilHealthy = async (endpoint: string, program: Program): Promise<void> => {
  let hasEnded = false;
  void program.ended.then(() => {
    hasEnded = true;
  });
  for (const deadline = Date.now() + START_LIMIT_MS; Date.now() < deadline; await sleep(50)) {
    if (hasEnded) throw new Error('MiniStack ended as it started.');
    const isUp = await fetch(`${endpoint}/_ministack/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
  }
  throw new Error('MiniStack did not answer within 60 s.');
};
