import { join } from 'node:path';
import { GetObjectCommand, HeadBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import * as z from 'zod';
import type { Assembly } from './assembly.ts';
import { type CloudAccess, type CloudClients, environmentFor } from './cloud-access.ts';
import { repository } from './cloud-folder.ts';
import type { Endings } from './endings.ts';
import { readJsonFile } from './json-file.ts';
import { LocalCloudError } from './local-cloud-error.ts';
import { runProgram } from './programs.ts';

/** Every output of the stack, by its name. */
export const StackOutputs = z.record(z.string(), z.string());
export type StackOutputs = z.infer<typeof StackOutputs>;

/**
 * What was deployed. The record is in the cloud itself: a cloud that was restarted or emptied does not have it, so it cannot
 * claim a deployment that is gone.
 */
const Deployed = z.object({
  /** `begun`: the deployment runs, failed, or was interrupted. */
  state: z.enum(['begun', 'done']),
  inputs: z.string(),
  gatewayUrl: z.string(),
  outputs: StackOutputs,
});
export type Deployed = z.infer<typeof Deployed>;

/** The cloud as the CDK needs it. */
export interface DeployTarget {
  readonly access: CloudAccess;
  readonly clients: CloudClients;
  readonly account: string;
  /** For logs and the CDK's own caches. */
  readonly folder: string;
  readonly endings: Endings;
}

export const findAccount = async ({ sts }: CloudClients): Promise<string> => {
  const { Account } = await sts.send(new GetCallerIdentityCommand({}));
  if (Account === undefined)
    throw new LocalCloudError('The cloud did not answer with an account id. Is it MiniStack?');
  return Account;
};

// The bucket that `cdk bootstrap` makes, by its default qualifier.
const assetBucket = ({ account, access }: DeployTarget): string =>
  `cdk-hnb659fds-assets-${account}-${access.region}`;
const recordKey = 'startframe/deployed.json';

/** Answers nothing for a cloud without a deployment, and `unbootstrapped` for one without the CDK's bucket. */
export const findDeployed = async (
  target: DeployTarget,
): Promise<Deployed | 'unbootstrapped' | undefined> => {
  const { s3 } = target.clients;
  const Bucket = assetBucket(target);
  try {
    await s3.send(new HeadBucketCommand({ Bucket }));
  } catch {
    return 'unbootstrapped';
  }
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: recordKey }));
    return Deployed.parse(JSON.parse((await Body?.transformToString()) ?? ''));
  } catch {
    return undefined;
  }
};

const recordDeployed = async (target: DeployTarget, deployed: Deployed): Promise<void> => {
  await target.clients.s3.send(
    new PutObjectCommand({ Bucket: assetBucket(target), Key: recordKey, Body: JSON.stringify(deployed) }),
  );
};

const cdk = (target: DeployTarget, name: string, parameters: readonly string[]) =>
  runProgram(
    {
      command: process.execPath,
      parameters: [
        join(repository, 'node_modules', 'aws-cdk', 'bin', 'cdk'),
        ...parameters,
        // No calls elsewhere: no notices, no telemetry, no check for a newer version.
        '--no-notices',
        '--no-version-reporting',
        '--no-color',
        '--ci',
      ],
      // A folder without a cdk.json, so that only these parameters count.
      folder: target.folder,
      environment: {
        ...environmentFor(target.access, process.env),
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        CDK_DISABLE_VERSION_CHECK: '1',
        CDK_HOME: join(target.folder, '..', 'cdk-home'),
        NODE_COMPILE_CACHE: join(target.folder, '..', 'node-compile-cache'),
      },
      logFile: join(target.folder, `${name}.log`),
    },
    (program) => target.endings.add(() => program.stop()),
  );

/** Creates what the CDK itself needs in an account, above all the bucket for bundles. */
export const bootstrap = async (target: DeployTarget): Promise<void> => {
  const { code, output } = await cdk(target, 'bootstrap', [
    'bootstrap',
    `aws://${target.account}/${target.access.region}`,
  ]);
  if (code !== 0) throw cdkError(target, 'bootstrap', output);
};

const StackOutputsFile = z.record(z.string(), StackOutputs);

/** Deploys the assembly, or changes what is deployed, and answers the outputs. */
export const deploy = async (
  target: DeployTarget,
  assembly: Assembly,
  gatewayUrl: string,
): Promise<StackOutputs> => {
  const record = { inputs: assembly.inputs, gatewayUrl };
  await recordDeployed(target, { ...record, state: 'begun', outputs: {} });
  const outputsFile = join(target.folder, 'stack-outputs.json');
  const { code, output } = await cdk(target, 'deploy', [
    'deploy',
    '--all',
    // Without a change set: it would double the time, and there is nobody to review it.
    ...['--app', assembly.folder, '--method', 'direct', '--require-approval', 'never'],
    ...['--progress', 'events', '--outputs-file', outputsFile],
  ]);
  if (code !== 0) throw cdkError(target, 'deploy', output);
  const stacks = await readJsonFile(outputsFile, StackOutputsFile);
  if (!stacks) throw new LocalCloudError(`The CDK wrote no outputs to ${outputsFile}.`);
  const outputs = Object.assign({}, ...Object.values(stacks));
  await recordDeployed(target, { ...record, state: 'done', outputs: StackOutputs.parse(outputs) });
  return StackOutputs.parse(outputs);
};

/** Deletes what a failed deployment left behind: it would stop the next one. */
export const destroy = async (target: DeployTarget, assembly: Assembly): Promise<void> => {
  const { code, output } = await cdk(target, 'destroy', [
    ...['destroy', '--all', '--force', '--app', assembly.folder],
  ]);
  if (code !== 0) throw cdkError(target, 'destroy', output);
};

const cdkError = ({ folder }: DeployTarget, name: string, output: string): LocalCloudError =>
  new LocalCloudError(
    `cdk ${name} failed: ${reasonOf(output)}\nThe whole log is ${join(folder, `${name}.log`)}.`,
  );

/** CloudFormation's own reasons, or else the last lines of the CDK. */
export const reasonOf = (output: string): string => {
  const lines = output.split('\n').map((line) => line.trim());
  const failed = lines.filter((line) => /\b(CREATE|UPDATE|DELETE)_FAILED\b/.test(line));
  const reasons = failed.map((line) =>
    line.replace(/^.*?_FAILED\s*\|\s*/, '').replaceAll(/\s*\|\s*/g, ' · '),
  );
  if (reasons.length > 0) return [...new Set(reasons)].slice(0, 3).join('\n');
  const marked = lines.filter((line) => /^(❌|‣)|^\S*Error:/u.test(line));
  const last = lines.filter((line) => line !== '').slice(-2);
  return (marked.length > 0 ? marked.slice(0, 2) : last).join('\n') || 'it printed nothing.';
};
