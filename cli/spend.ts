import { parseArgs } from 'node:util';
import { dayOf } from '../core/budget.ts';
import { Env } from '../core/contract.ts';
import { inDollars } from '../core/money.ts';
import { type Amounts, type Spend, total } from '../core/spend.ts';
import { readCommittedMicros, readSpend } from '../lambdas/shared/spend.ts';
import { localAccess } from '../local/cloud-access.ts';
import { cloudFolder, DEFAULT_PORT, defaultBaseFolder } from '../local/cloud-folder.ts';
import { StackOutputs } from '../local/deployment.ts';
import { readJsonFile } from '../local/json-file.ts';
import { outputOf } from '../local/outputs.ts';

const help = `npm run spend: what the videos of one owner cost on one day (UTC), by model, as a table.

  npm run spend                                of what was dropped today, on the local cloud of npm start
  npm run spend -- --owner 111122223333:Shop   of what this role ordered by HTTP
  npm run spend -- --day 2026-11-20            another day
  npm run spend -- --table NAME                of a stack on AWS: its output JobTableName; credentials and region as for the AWS CLI
  npm run spend -- --json                      the same as JSON, in micro-dollars

A video counts on the day it was reserved for, else ordered, once its job ended. Costs are list prices.
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

const rowOf = ({ failed, cancelled, videos, seconds, micros, atStakeMicros }: Amounts) => ({
  videos,
  failed,
  cancelled,
  seconds: Math.round(seconds),
  cost: inDollars(micros),
  'at stake': inDollars(atStakeMicros),
});

const print = (spends: readonly Spend[], committedMicros: number | undefined): void => {
  const rows = spends.map((spend): [string, object] => [spend.model, rowOf(spend)]);
  console.table(Object.fromEntries([...rows, ['all', rowOf(total(spends))]]));
  console.log('"At stake" is what may have been charged besides: orders of which nobody knows.');
  if (committedMicros !== undefined)
    console.log(`Of the budget ${inDollars(committedMicros)} is taken, by open orders too.`);
};

const Day = /^\d{4}-\d{2}-\d{2}$/;

try {
  const { values } = parseArgs({
    options: {
      owner: { type: 'string', default: 'drop' },
      day: { type: 'string', default: dayOf(new Date().toISOString()) },
      table: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const { owner, day, table, json } = values;
  if (values.help) console.log(help);
  else {
    if (!Day.test(day)) throw new Error('--day is a day such as 2026-11-21.');
    if (table === undefined) await useLocalCloud();
    else process.env[Env.jobTable] = table;
    const [models, committedMicros] = await Promise.all([
      readSpend(owner, day),
      readCommittedMicros(owner, day),
    ]);
    if (json)
      console.log(JSON.stringify({ owner, day, models, total: total(models), committedMicros }, null, 2));
    else print(models, committedMicros);
  }
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${help}`);
  process.exitCode = 2;
}
