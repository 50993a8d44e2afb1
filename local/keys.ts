import { randomBytes } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { addExamples, checkedOptions, newProgram, runProgram } from '../cli/command-line.ts';
import { CliError, ExitCode, usageError } from '../cli/errors.ts';
import { localCredentials } from '../cli/local-stack.ts';
import { type Terminal, terminalOf } from '../cli/terminal.ts';
import { newKey } from '../core/api/api-key.ts';
import { Env } from '../core/kernel/contract.ts';
import { KeyOwner, ownerOfKey } from '../core/kernel/identity.ts';
import { listApiKeys, revokeApiKey, saveApiKey } from '../lambdas/shared/table/api-keys.ts';
import { localEndpoint } from './cloud-access.ts';
import { cloudFolder, DEFAULT_PORT, defaultBaseFolder } from './cloud-folder.ts';
import { StackOutputs } from './deployment.ts';
import { readJsonFile } from './json-file.ts';
import { outputOf } from './outputs.ts';

/** Points the AWS clients at the local cloud, whatever account the shell knows. */
const useLocalCloud = async (): Promise<void> => {
  const { outputsFile } = cloudFolder(defaultBaseFolder, localEndpoint(DEFAULT_PORT), true);
  const outputs = await readJsonFile(outputsFile, StackOutputs);
  if (!outputs)
    throw usageError('No local cloud was found: run npm start first, or name a table with --table.');
  const { accessKeyId, secretAccessKey } = localCredentials(outputs);
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN']) delete process.env[name];
  Object.assign(process.env, {
    [Env.jobTable]: outputOf(outputs, 'JobTableName'),
    AWS_ENDPOINT_URL: outputOf(outputs, 'endpoint'),
    AWS_REGION: outputOf(outputs, 'region'),
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  });
};

const DAY_MS = 86_400_000;

/** Standard output gets the key alone, so that it can be piped into a vault. */
const add = async (owner: string, days: number | undefined, now: Date): Promise<void> => {
  const checked = KeyOwner.safeParse(owner);
  if (!checked.success) throw usageError('add takes the name of an owner: letters, digits, _, ., @ and -.');
  const validUntil = days === undefined ? undefined : new Date(now.getTime() + days * DAY_MS).toISOString();
  const { key, record } = newKey(checked.data, now.toISOString(), validUntil, randomBytes);
  await saveApiKey(record);
  console.error(
    `The key ${record.keyId} of ${ownerOfKey(checked.data)}. It is shown this once: the table has its hash only.`,
  );
  console.log(key);
};

const list = async (): Promise<void> => {
  const keys = await listApiKeys();
  console.table(
    Object.fromEntries(
      keys.map(({ keyId, owner, createdAt, validUntil, revokedAt }) => [
        keyId,
        { owner: ownerOfKey(owner), made: createdAt, ends: validUntil ?? '', revoked: revokedAt ?? '' },
      ]),
    ),
  );
};

const revoke = async (keyId: string, now: Date): Promise<void> => {
  try {
    await revokeApiKey(keyId, now.toISOString());
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'ConditionalCheckFailedException')
      throw new CliError(`There is no key ${keyId}.`, ExitCode.usage, { cause });
    throw cause;
  }
  console.error(`The key ${keyId} is revoked. Within a minute it opens nothing any more.`);
};

const Options = z.object({ table: z.string().optional(), days: z.number().optional() });

/** Sets what the command does, at the table that the options name. */
const onTable = (
  command: Command,
  run: (words: readonly string[], options: z.infer<typeof Options>) => Promise<void>,
): void => {
  command.action(async () => {
    const options = checkedOptions(Options, command.optsWithGlobals());
    if (options.table === undefined) await useLocalCloud();
    else process.env[Env.jobTable] = options.table;
    await run(command.args, options);
  });
};

const readDays = (text: string): number => {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 to 99999.');
};

const keysProgram = (terminal: Terminal): Command => {
  const program = newProgram('npm run keys --', terminal)
    .description(
      'The API keys of a stage whose settings say "api": { "auth": { "type": "api-key" } }. To change a key: add one for the same owner, hand it out, revoke the old one.',
    )
    .option(
      '--table <name>',
      'the table of a stack on AWS: its output JobTableName; credentials and region as for the AWS command line. Without it: the local cloud of npm start',
    );
  onTable(
    program.command('list', { isDefault: true }).summary('list the keys: owners and ids, never the keys'),
    list,
  );
  onTable(
    program
      .command('add')
      .argument('<owner>', 'its jobs are those of key:OWNER')
      .summary('make a key and show it, this once')
      .option('--days <n>', 'it ends after so many days', readDays),
    ([owner = ''], { days }) => add(owner, days, new Date()),
  );
  onTable(
    program
      .command('revoke')
      .argument('<id>', 'the id of a key, as the list has it')
      .summary('revoke a key: within a minute it opens nothing any more'),
    ([id = '']) => revoke(id, new Date()),
  );
  return addExamples(program, [
    ['npm run keys', 'of the local cloud'],
    ['npm run --silent keys -- add shop --days 90 | pass insert -e startframe/shop', ''],
    ['npm run keys -- revoke 9f3c… --table startframe-dev-JobTable…', ''],
  ]);
};

const terminal = terminalOf(process, process.env);
process.exitCode = await runProgram(keysProgram(terminal), process.argv.slice(2), terminal);
