import { constants } from 'node:os';
import { CommanderError } from 'commander';
import { ExitCode, exitCodeOf, explain as explainCli } from '../cli/errors.ts';
import { liveLine } from '../cli/live-line.ts';
import { type Progress, showProgress } from '../cli/progress.ts';
import { terminalOf } from '../cli/terminal.ts';
import { PortInUse } from '../simulator/http/listen.ts';
import { startLocalCloud } from './cloud.ts';
import { localEndpoint } from './cloud-access.ts';
import { DEFAULT_PORT } from './cloud-folder.ts';
import { encodeMetadata } from './drop.ts';
import { Endings } from './endings.ts';
import { codeOf } from './error-facts.ts';
import type { LocalCloud } from './local-cloud.ts';
import { outputOf } from './outputs.ts';
import { PythonEnvironmentError } from './python-environment.ts';
import { realGatewayNotes } from './real-gateway-notes.ts';
import { Session } from './session.ts';
import { openApi, readLocalStage } from './stage-file.ts';
import { readStartOptions, type StartOptions } from './start-options.ts';

const terminal = terminalOf(process, process.env);
const endings = new Endings();
const leaving = new AbortController();
// On standard output, so that the last line, `video: FILE`, is the last of all.
const progress = showProgress(liveLine({ ...terminal, err: terminal.out }));
let isStaying = false;
let isShared = false;

const run = async (options: StartOptions): Promise<void> => {
  // Before anything starts: a picture that cannot be dropped is refused here.
  if (options.image !== undefined) encodeMetadata(options.metadata);
  await sayMoney(options, progress);
  const started = performance.now();
  const cloud = await startLocalCloud({
    ...options,
    ...(options.open ? { stageSettings: openApi } : {}),
    progress,
    endings,
  });
  isShared = cloud.isShared;
  progress.say(
    `  Ready after ${((performance.now() - started) / 1000).toFixed(1)} s; addresses: ${cloud.outputsFile}`,
  );

  const since = new Date();
  const session = new Session({ cloud, progress, signal: leaving.signal });
  const job =
    options.image === undefined
      ? await session.request(options.metadata)
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
  const address = endpoint ?? localEndpoint(DEFAULT_PORT);
  for (const note of realGatewayNotes(gateway, await readLocalStage(), metadata, address)) say(note);
};

const howToGoOn = (
  { access, outputs, outputsFile, gatewayUrl, isShared: isAnothers }: LocalCloud,
  { open, port }: StartOptions,
): string => {
  const file = port === undefined ? '' : ` --outputs ${outputsFile}`;
  const [read, keys] = access.credentials
    ? [
        `  eval "$(npx startframe outputs --credentials${file})"\n`,
        'AWS_ACCESS_KEY_ID=$AwsAccessKeyId AWS_SECRET_ACCESS_KEY=$AwsSecretAccessKey ',
      ]
    : ['', ''];
  const inbox = outputOf(outputs, 'InboxBucketName');
  return `
Watching for more. Drop another picture from a second terminal:
  npm start -- PICTURE --prompt "…" --once${open ? ' --open' : ''}${port === undefined ? '' : ` --port ${port}`}
or with the AWS command line:
${read}  ${keys}aws --endpoint-url ${access.endpoint} --region ${access.region} s3 cp PICTURE s3://${inbox}/ --metadata prompt="…"
The gateway is ${gatewayUrl}${isAnothers ? '; the cloud belongs to another npm start' : ''}. Ctrl-C ends ${isAnothers ? 'only this' : 'everything'}.`;
};

/** One sentence where a person can do something about it; the stack where the error is ours. */
const explain = (error: unknown): string => {
  if (error instanceof PythonEnvironmentError || error instanceof PortInUse) return error.message;
  if (error instanceof Error && error.name === 'CredentialsProviderError')
    return `AWS_ENDPOINT_URL is set, but no credentials were found (${error.message}). A MiniStack of your own takes AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test, without AWS_PROFILE.`;
  if (codeOf(error) === 'ECONNREFUSED')
    return isShared
      ? 'The cloud does not answer any more. It belonged to another npm start, which has probably ended. Start again for a cloud of your own.'
      : 'The cloud does not answer (connection refused). Is it running, and is AWS_ENDPOINT_URL right?';
  return explainCli(error);
};

const FORCE_AFTER_MS = 1000;

/** Ctrl-C ends what was started, in order; a second Ctrl-C ends this process at once. */
const leaveOn = (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void => {
  let firstAt: number | undefined;
  process.on(signal, () => {
    const code = isStaying ? 0 : 128 + constants.signals[signal];
    // npm passes Ctrl-C on, so that one arrives twice within milliseconds.
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
  // npm runs scripts in the project's folder; a relative path starts where the person is.
  const folder = env.npm_lifecycle_event === 'start' ? (env.INIT_CWD ?? process.cwd()) : process.cwd();
  const options = readStartOptions(process.argv.slice(2), env, folder, terminal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) leaveOn(signal);
  await run(options);
};

main().catch(async (error: unknown) => {
  // After Ctrl-C whatever breaks, breaks because of it.
  if (leaving.signal.aborted) return;
  await endings.run();
  process.exitCode = exitCodeOf(error);
  // Commander shows help and its own errors itself.
  if (error instanceof CommanderError) return;
  terminal.err.write(`\n${explain(error)}\n`);
  if (process.exitCode === ExitCode.usage) terminal.err.write('npm start -- --help lists the options.\n');
});
