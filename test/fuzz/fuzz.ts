import { spawn } from 'node:child_process';
import { join } from 'node:path';
import * as z from 'zod';
import type { Progress } from '../../cli/progress.ts';
import { startLocalCloud } from '../../local/cloud.ts';
import { environmentFor } from '../../local/cloud-access.ts';
import { repository } from '../../local/cloud-folder.ts';
import { Endings } from '../../local/endings.ts';
import type { LocalCloud } from '../../local/local-cloud.ts';
import { LocalCloudError } from '../../local/local-cloud-error.ts';
import { outputOf } from '../../local/outputs.ts';
import { findFreePort } from '../../local/ports.ts';
import { ensurePythonEnvironment } from '../../local/python-environment.ts';
import { signedFetch } from '../../local/signed-fetch.ts';

export interface FuzzOptions {
  readonly examples: number;
  readonly seconds: number;
  readonly seed: number;
  readonly only?: string | undefined;
  /** The folder of the cloud; the caller deletes it. */
  readonly folder: string;
  readonly progress: Progress;
}

/** The checks of schemathesis. Not `positive_data_acceptance`: no schema knows which models, frames and jobs exist. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'ignored_auth',
  'use_after_free',
];

/** Answers the exit code. */
export const fuzz = async (options: FuzzOptions): Promise<number> => {
  const { folder, progress } = options;
  const endings = new Endings();
  process.once('SIGINT', () => void endings.run().then(() => process.exit(130)));
  try {
    const { python } = await progress.step('schemathesis', () =>
      ensurePythonEnvironment({
        folder: join(repository, '.local', 'venv-fuzz'),
        requirements: join(import.meta.dirname, 'requirements.txt'),
        oldestMinor: 11,
        megabytes: 30,
        withoutFfmpeg: true,
        onProgress: (sentence) => progress.say(`  ${sentence}`),
      }),
    );
    const port = await findFreePort(0);
    const cloud = await startLocalCloud({
      ...(port === undefined ? {} : { port }),
      baseFolder: folder,
      progress,
      endings,
      // With a budget of 0 every job ends at once and free: the fuzzer needs no videos.
      stageSettings: { budgets: { dailyDollars: 0 }, api: { throttle: { rate: 10_000, burst: 5000 } } },
    });
    return await run(python, cloud, options);
  } finally {
    await endings.run();
  }
};

const run = async (python: string, cloud: LocalCloud, options: FuzzOptions): Promise<number> => {
  const apiUrl = outputOf(cloud.outputs, 'ApiUrl');
  const parameters = [
    ...['-m', 'schemathesis.cli', 'run', `${apiUrl}/openapi.json`, '--url', apiUrl],
    ...[
      '--checks',
      CHECKS.join(','),
      '--max-examples',
      String(options.examples),
      '--seed',
      String(options.seed),
    ],
    // One worker: with two, Python 3.11 failed in its own parser.
    ...['--max-time', String(options.seconds), '--request-timeout', '30', '--continue-on-failure'],
    ...['--warnings', 'off', '--phases', 'examples,coverage,fuzzing,stateful'],
    ...(options.only === undefined ? [] : ['--include-operation-id', options.only]),
  ];
  const resources = {
    jobs: [await make(cloud, 'jobs', A_JOB), await make(cloud, 'jobs', { prompt: 'Waves.' })],
    batches: [await make(cloud, 'batches', { jobs: [A_JOB] })],
    providers: ['simulated'],
  };
  const child = spawn(python, parameters, {
    cwd: options.folder,
    stdio: 'inherit',
    env: {
      ...environmentFor(cloud.access, process.env),
      PYTHONPATH: import.meta.dirname,
      SCHEMATHESIS_HOOKS: 'hooks',
      FUZZ_RESOURCES: Object.entries(resources)
        .map(([prefix, ids]) => `${prefix}=${ids.join(',')}`)
        .join(';'),
    },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
};

const A_JOB = { prompt: 'A boat.' };
const Made = z.looseObject({ jobId: z.string().optional(), batchId: z.string().optional() });

/** Creates a job or batch, so that not every id is unknown. Answers its id. */
const make = async (cloud: LocalCloud, path: 'jobs' | 'batches', body: unknown): Promise<string> => {
  const url = new URL(`${outputOf(cloud.outputs, 'ApiUrl')}/${path}`);
  const answer = await signedFetch(cloud.access, url, { method: 'POST', body: JSON.stringify(body) });
  const { jobId, batchId } = Made.parse(await answer.json());
  const id = batchId ?? jobId;
  if (id === undefined)
    throw new LocalCloudError(`POST /${path} answered ${answer.status}: the fuzzer needs it to operate on.`);
  return id;
};
