import { constants } from 'node:os';
import { PortInUse } from '../simulator/http/listen.ts';
import { type LocalCloud, startLocalCloud } from './cloud.ts';
import { localAccess } from './cloud-access.ts';
import { DEFAULT_PORT } from './cloud-folder.ts';
import { helpText, readCommandLine, type StartOptions, UsageError } from './command-line.ts';
import { encodeMetadata } from './drop.ts';
import { Endings } from './endings.ts';
import { codeOf } from './error-facts.ts';
import { LocalCloudError } from './local-cloud-error.ts';
import { realGatewayNotes } from './money.ts';
import { outputOf } from './outputs.ts';
import { type Progress, showProgress } from './progress.ts';
import { PythonEnvironmentError } from './python-environment.ts';
import { Session } from './session.ts';
import { openApi, readLocalStage } from './stage-file.ts';

const endings = new Endings();
const leaving = new AbortController();
const progress = showProgress(process.stdout);
let isStaying = false;
const usesAnothers = false;

const run = async (options: StartOptions): Promise<void> => {
  // Before anything is started: what cannot be dropped is refused here.
  if (options.image !== undefined) encodeMetadata(options.metadata);
  await sayMoney(options, progress);
  const started = performance.now();
  const cloud = await startLocalCloud({
    ...options,
    ...(options.open ? { stageSettings: openApi } : {}),
    progress,
    endings,
  });
  progress.say(
    `  Ready after ${((performance.now() - started) / 1000).toFixed(1)} s; addresses: ${cloud.outputsFile}`,
  );

  const since = new Date();
  const session = new Session({ cloud, progress, signal: leaving.signal });
  const job =
    options.image === undefined
      ? await session.order(options.metadata)
      : await session.accepted(await session.drop(options.image, options.metadata));
  const file = await session.follow(job, options.out);
  if (!options.once) {
    isStaying = true;
    progress.say(howToGoOn(cloud, options));
    await session.stay(since);
    return;
  }
  await endings.run();
  if (file === undefined) process.exitCode = 1;
  else progress.say(`video: ${file}`);
};

const sayMoney = async (
  { gateway, metadata, endpoint }: StartOptions,
  { say }: Pick<Progress, 'say'>,
): Promise<void> => {
  if (!gateway) return;
  const address = endpoint ?? localAccess(DEFAULT_PORT).endpoint;
  for (const note of realGatewayNotes(gateway, await readLocalStage(), metadata, address)) say(note);
};

const howToGoOn = (
  { access, outputs, gatewayUrl, isShared }: LocalCloud,
  { open, port }: StartOptions,
): string => {
  const keys = access.credentials
    ? `AWS_ACCESS_KEY_ID=${access.credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${access.credentials.secretAccessKey} `
    : '';
  const inbox = outputOf(outputs, 'InboxBucketName');
  return `
Watching for more. Drop another picture from a second terminal:
  npm start -- PICTURE --prompt "…" --once${open ? ' --open' : ''}${port === undefined ? '' : ` --port ${port}`}
or with the AWS command line:
  ${keys}aws --endpoint-url ${access.endpoint} --region ${access.region} s3 cp PICTURE s3://${inbox}/ --metadata prompt="…"
The gateway is ${gatewayUrl}${isShared ? '; the cloud belongs to another npm start' : ''}. Ctrl-C ends ${isShared ? 'only this' : 'everything'}.`;
};

/** What a person can do something about is one sentence; anything else is our fault and shows where it happened. */
const explain = (error: unknown): string => {
  const isExpected =
    error instanceof LocalCloudError ||
    error instanceof UsageError ||
    error instanceof PythonEnvironmentError ||
    error instanceof PortInUse;
  if (isExpected) return error.message;
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'CredentialsProviderError') {
    return `AWS_ENDPOINT_URL is set, but no credentials were found (${error.message}). MiniStack takes AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test, without AWS_PROFILE.`;
  }
  if (codeOf(error) === 'ECONNREFUSED') {
    return usesAnothers
      ? 'The cloud ended: it belonged to another npm start, and that one was left. Start again for a cloud of your own.'
      : 'The cloud does not answer (connection refused). Is it running, and is AWS_ENDPOINT_URL right?';
  }
  return error.stack ?? error.message;
};

const FORCE_AFTER_MS = 1000;

/** Ctrl-C ends what was started, in order; a second one does not wait for that. */
const leaveOn = (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void => {
  let firstAt: number | undefined;
  process.on(signal, () => {
    const code = isStaying ? 0 : 128 + constants.signals[signal];
    // npm passes Ctrl-C on, so that one comes twice within milliseconds.
    if (firstAt !== undefined && Date.now() - firstAt > FORCE_AFTER_MS) process.exit(code);
    if (firstAt !== undefined) return;
    firstAt = Date.now();
    progress.say('\nEnding what was started …');
    leaving.abort();
    void endings.run().then(() => process.exit(code));
  });
};

const main = async (): Promise<void> => {
  const { env } = process;
  // npm runs scripts in the project's folder; a relative path is meant from where the person is.
  const folder = env.npm_lifecycle_event === 'start' ? (env.INIT_CWD ?? process.cwd()) : process.cwd();
  const options = readCommandLine(process.argv.slice(2), env, folder);
  if (options === 'help') return void console.log(helpText);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) leaveOn(signal);
  await run(options);
};

main().catch(async (error: unknown) => {
  // Somebody pressed Ctrl-C: whatever broke, broke of that.
  if (leaving.signal.aborted) return;
  await endings.run();
  console.error(`\n${explain(error)}`);
  if (error instanceof UsageError) console.error('`npm start -- --help` lists the options.');
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
