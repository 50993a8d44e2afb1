import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import { callAws, jsonCall } from './aws-call.ts';
import type { StageFacts } from './deployed-stack.ts';
import { explain } from './errors.ts';
import { type Finding, isDenied, needs, note, ok, problem } from './finding.ts';
import type { AwsAccess } from './target.ts';

// What an account and a region need before anything is deployed there.

export const checkRegion = ({ region }: AwsAccess): Finding[] => [ok('region', region ?? 'not known')];

/** The version that the CDK writes into our template as its least. */
const LEAST_BOOTSTRAP = 6;

/** Needs ssm:GetParameter, or cloudformation:DescribeStacks in its place. */
export const checkBootstrap = async (aws: AwsAccess): Promise<Finding[]> => {
  const what = 'CDK bootstrap';
  const fix = await bootstrapCommand(aws);
  try {
    const version = await bootstrapVersion(aws);
    if (version === undefined)
      return [problem(what, 'missing: a deployment has nowhere to put its files', fix)];
    return [
      version < LEAST_BOOTSTRAP
        ? problem(what, `version ${version}; a deployment needs ${LEAST_BOOTSTRAP}`, fix)
        : ok(what, `version ${version}`),
    ];
  } catch (error) {
    return [isDenied(error) ? needs(what, 'ssm:GetParameter') : problem(what, explain(error), fix)];
  }
};

const Parameter = z.object({ Parameter: z.object({ Value: z.coerce.number() }) });

const bootstrapVersion = async (aws: AwsAccess): Promise<number | undefined> => {
  try {
    const answer = await jsonCall(aws, 'ssm', 'AmazonSSM.GetParameter', {
      Name: '/cdk-bootstrap/hnb659fds/version',
    });
    return Parameter.parse(JSON.parse(answer)).Parameter.Value;
  } catch (error) {
    if (error instanceof Error && error.name === 'ParameterNotFound') return undefined;
    if (!isDenied(error)) throw error;
    return (await toolkitVersion(aws)) ?? Promise.reject(error);
  }
};

/** The same of the stack that the bootstrap makes, by its usual name. */
const toolkitVersion = async (aws: AwsAccess): Promise<number | undefined> => {
  const { Stacks = [] } = await new CloudFormationClient(aws)
    .send(new DescribeStacksCommand({ StackName: 'CDKToolkit' }))
    .catch(() => ({ Stacks: [] }));
  const version = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'BootstrapVersion')?.OutputValue;
  return version === undefined ? undefined : Number(version);
};

const bootstrapCommand = async (aws: AwsAccess): Promise<string> => {
  const { Account = 'ACCOUNT' } = await new STSClient(aws)
    .send(new GetCallerIdentityCommand({}))
    .catch(() => ({ Account: undefined }));
  return `npx cdk bootstrap aws://${Account}/${aws.region}`;
};

const AccountSettings = z.object({ AccountLimit: z.object({ ConcurrentExecutions: z.number() }) });

/**
 * Functions that run at once beside those of jobs in flight: five that accept drops, and the API, the sweeper, admission and the
 * publisher of events.
 */
const BESIDE_JOBS = 10;

/** Assumed of a provider without `maxInFlight`. */
const UNLIMITED = 50;

/** How many functions a stage may run at once: of a job in flight one. */
export const functionsAtOnce = (facts: Pick<StageFacts, 'providers'> | undefined): number =>
  Object.values(facts?.providers ?? { one: {} }).reduce(
    (sum, { maxInFlight = UNLIMITED }) => sum + maxInFlight,
    BESIDE_JOBS,
  );

/** Needs lambda:GetAccountSettings. */
export const checkConcurrency = async (
  aws: AwsAccess,
  facts: Pick<StageFacts, 'providers'> | undefined,
): Promise<Finding[]> => {
  const what = 'Lambda quota';
  try {
    const answer = await callAws(aws, {
      service: 'lambda',
      method: 'GET',
      path: '/2016-08-19/account-settings/',
    });
    const allowed = AccountSettings.parse(JSON.parse(answer)).AccountLimit.ConcurrentExecutions;
    const wanted = functionsAtOnce(facts);
    const says = `${allowed} functions at once in this account and region`;
    if (allowed >= wanted) return [ok(what, says)];
    return [
      note(
        what,
        `${says}; this stage may run ${wanted}. Jobs wait for each other, none is lost.`,
        `aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000 --region ${aws.region}`,
      ),
    ];
  } catch (error) {
    return [
      isDenied(error)
        ? needs(what, 'lambda:GetAccountSettings')
        : problem(what, explain(error), 'Solve that, and run doctor again.'),
    ];
  }
};
