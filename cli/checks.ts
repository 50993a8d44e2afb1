import { GetBucketPolicyCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import { ApiProblem } from '../client/index.ts';
import { explain } from './errors.ts';
import { type Finding, isDenied, nameOf, needs, note, ok, problem, unknown } from './finding.ts';
import { providerSecretArns, secretsClient } from './provider-secrets.ts';
import type { Target } from './target.ts';

export type Check = (target: Target) => Promise<Finding[]>;

export const checkCredentials = async ({ aws }: Pick<Target, 'aws'>): Promise<Finding[]> => {
  const what = 'credentials';
  try {
    const { Arn = '' } = await new STSClient(aws).send(new GetCallerIdentityCommand({}));
    return [ok(what, Arn)];
  } catch (error) {
    return [
      problem(
        what,
        explain(error),
        'Sign in as for the AWS command line (aws sso login, AWS_PROFILE), or give --profile.',
      ),
    ];
  }
};

const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string() }))),
});

/** The document is public: if it arrives, the address is right, and a failing call has a wrong signature. */
export const checkApi: Check = async ({ api, apiUrl }) => {
  const what = 'API';
  try {
    const started = performance.now();
    const { paths } = Document.parse(await api.showApi());
    const milliseconds = Math.round(performance.now() - started);
    const there = new Set(
      Object.values(paths)
        .flatMap(Object.values)
        .map(({ operationId }) => operationId),
    );
    const missing = Object.keys(api).filter((id) => id !== 'waitForJob' && !there.has(id));
    const answered = ok(what, `${apiUrl} answers in ${milliseconds} ms`);
    if (missing.length === 0) return [answered];
    return [
      answered,
      problem(
        'version',
        `the stack does not know ${missing.join(', ')}`,
        'It is older than this command: deploy it again.',
      ),
    ];
  } catch (error) {
    return [
      problem(
        what,
        `${apiUrl}: ${explain(error)}`,
        'Is the address right, and is the stack there? The output ApiUrl names it.',
      ),
    ];
  }
};

export const checkCalls: Check = async ({ api }) => {
  const what = 'signed call';
  try {
    await api.listJobs({ limit: 1 });
    return [ok(what, 'allowed')];
  } catch (error) {
    const isOurs = error instanceof ApiProblem && !error.title.startsWith('HTTP_');
    return [
      problem(
        what,
        explain(error),
        isOurs
          ? 'Read the function’s log.'
          : 'Allow these credentials execute-api:Invoke on the API. Is the clock of this machine right?',
      ),
    ];
  }
};

export const checkSecrets: Check = async (target) => {
  const arns = providerSecretArns(target);
  const client = secretsClient(target);
  return Promise.all(
    [...arns].map(async ([provider, SecretId]): Promise<Finding> => {
      const what = `key of ${provider}`;
      try {
        // Whether there is a value, not the value itself.
        const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }));
        return Object.values(VersionIdsToStages).flat().includes('AWSCURRENT')
          ? ok(what, 'set')
          : problem(what, 'not set: its jobs wait', `startframe set-key ${provider}`);
      } catch (error) {
        return isDenied(error)
          ? needs(what, 'secretsmanager:DescribeSecret')
          : problem(what, explain(error), 'Deploy the stack again.');
      }
    }),
  );
};

/** Long enough to try another model, and to deploy it. */
const SOON_DAYS = 60;

const dayIn = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** Whether the default model can still be used. */
export const checkModels: Check = async ({ api }) => {
  const { models } = await api.listModels();
  const usual = models.find(({ isDefault }) => isDefault);
  const what = 'default model';
  if (!usual) return [problem(what, 'none', 'Name one in the stage’s settings that a provider offers.')];
  const { status, retiresOn = '9999', replacement = 'another' } = usual.lifeCycle;
  const says = `${usual.id} at ${usual.provider}`;
  const fix = `Use ${replacement} in the stage’s settings, and deploy again.`;
  if (status === 'retired' || retiresOn <= dayIn(0))
    return [problem(what, `${says} is retired by its maker`, fix)];
  if (retiresOn <= dayIn(SOON_DAYS))
    return [note(what, `${says} is retired by its maker on ${retiresOn}`, fix)];
  return [ok(what, retiresOn === '9999' ? says : `${says}, until ${retiresOn}`)];
};

/** For admins: providers that get no submits at the moment. */
export const checkProviders: Check = async ({ api }) => {
  try {
    const { providers } = await api.listProviders();
    return providers.map(({ id, obstacle }) =>
      obstacle
        ? problem(`provider ${id}`, obstacle.message, obstacle.advice ?? 'Submits go on by themselves.')
        : ok(`provider ${id}`, 'submits go out'),
    );
  } catch (error) {
    return error instanceof ApiProblem && error.status === 403
      ? [unknown('providers', 'shown to admins of the stage only')]
      : [problem('providers', explain(error), 'Read the function’s log.')];
  }
};

const BUCKETS = ['InboxBucketName', 'FrameBucketName', 'VideoBucketName'] as const;

export const checkBuckets: Check = async ({ aws, outputs = {} }) => {
  const s3 = new S3Client({ ...aws, ...(aws.endpoint === undefined ? {} : { forcePathStyle: true }) });
  const findings = BUCKETS.map(async (output): Promise<Finding[]> => {
    const Bucket = outputs[output];
    const what = output.replace('BucketName', ' bucket').toLowerCase();
    if (Bucket === undefined) return [];
    try {
      await s3.send(new HeadBucketCommand({ Bucket }));
      return [ok(what, Bucket), ...(await vpcFindings(s3, Bucket, what))];
    } catch (error) {
      return isDenied(error) || nameOf(error) === 'UnknownError'
        ? [needs(what, `s3:ListBucket on ${Bucket}`)]
        : [problem(what, `${Bucket}: ${explain(error)}`, 'Deploy the stack again.')];
    }
  });
  return (await Promise.all(findings)).flat();
};

/** A gptproto gateway fetches the frame from the internet, not from our VPC. */
const vpcFindings = async (s3: S3Client, Bucket: string, what: string): Promise<Finding[]> => {
  try {
    const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
    return /aws:sourcevpc|aws:vpcsourceip/i.test(Policy)
      ? [
          problem(
            what,
            'its policy names a VPC',
            'A gptproto gateway has to fetch frames from outside: allow presigned GETs.',
          ),
        ]
      : [];
  } catch {
    // There is no policy, or these credentials may not read it. Neither is a finding.
    return [];
  }
};
