import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { newKey } from '../core/api/api-key.ts';
import { Env } from '../core/kernel/contract.ts';
import { KeyOwner, ownerOfKey } from '../core/kernel/identity.ts';
import { listApiKeys, revokeApiKey, saveApiKey } from '../lambdas/shared/table/api-keys.ts';
import { localAccess } from '../local/cloud-access.ts';
import { cloudFolder, DEFAULT_PORT, defaultBaseFolder } from '../local/cloud-folder.ts';
import { StackOutputs } from '../local/deployment.ts';
import { readJsonFile } from '../local/json-file.ts';
import { outputOf } from '../local/outputs.ts';

const help = `npm run keys: the API keys of a stage whose settings say "api": { "auth": { "type": "api-key" } }.

  npm run --silent keys -- add OWNER   makes a key and shows it, this once; its jobs are those of key:OWNER
    --days N                           it ends after so many days
  npm run keys                         lists them: owners, ids, never the keys themselves
  npm run keys -- revoke ID            it opens nothing any more, within a minute

  --table NAME   of a stack on AWS: its output JobTableName; credentials and region as for the AWS CLI. Without it the local cloud
                 of npm start.

To change a key: add one for the same owner, hand it out, revoke the old one.
`;

/** Points the clients at the local cloud, and nowhere else, whatever account the shell knows. */
const useLocalCloud = async (): Promise<void> => {
  const { endpoint, credentials } = localAccess(DEFAULT_PORT);
  const { outputsFile } = cloudFolder(defaultBaseFolder, endpoint, true);
  const outputs = await readJsonFile(outputsFile, StackOutputs);
  if (!outputs)
    throw new Error('No local cloud was found: run npm start first, or name a table with --table.');
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN']) delete process.env[name];
  Object.assign(process.env, {
    [Env.jobTable]: outputOf(outputs, 'JobTableName'),
    AWS_ENDPOINT_URL: outputOf(outputs, 'endpoint'),
    AWS_REGION: outputOf(outputs, 'region'),
    AWS_ACCESS_KEY_ID: credentials?.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey,
  });
};

const DAY_MS = 86_400_000;

/** The key goes to standard output, alone, so that it can be piped into a vault; what is said of it does not. */
const add = async (owner: string | undefined, days: string | undefined, now: Date): Promise<void> => {
  const checked = KeyOwner.safeParse(owner);
  if (!checked.success) throw new Error('add takes the name of an owner: letters, digits, _, ., @ and -.');
  if (days !== undefined && !/^[1-9]\d{0,4}$/.test(days)) throw new Error('--days takes a whole number.');
  const validUntil =
    days === undefined ? undefined : new Date(now.getTime() + Number(days) * DAY_MS).toISOString();
  const { key, record } = newKey(checked.data, now.toISOString(), validUntil, randomBytes);
  await saveApiKey(record);
  console.error(
    `The key ${record.keyId} of ${ownerOfKey(checked.data)}. It is not kept and not shown again.`,
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

const revoke = async (keyId: string | undefined, now: Date): Promise<void> => {
  if (keyId === undefined) throw new Error('revoke takes the id of a key, as the list has it.');
  try {
    await revokeApiKey(keyId, now.toISOString());
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'ConditionalCheckFailedException')
      throw new Error(`There is no key ${keyId}.`, { cause });
    throw cause;
  }
  console.error(`The key ${keyId} opens nothing any more, within a minute.`);
};

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { table: { type: 'string' }, days: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const [command = 'list', word] = positionals;
  if (values.help) console.log(help);
  else {
    if (values.table === undefined) await useLocalCloud();
    else process.env[Env.jobTable] = values.table;
    const now = new Date();
    if (command === 'add') await add(word, values.days, now);
    else if (command === 'revoke') await revoke(word, now);
    else if (command === 'list') await list();
    else throw new Error(`There is no ${command}; there are list, add and revoke.`);
  }
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${help}`);
  process.exitCode = 2;
}
