import { GetBucketNotificationConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { queryCall } from './aws-call.ts';
import type { DeployedStack } from './deployed-stack.ts';
import { explain } from './errors.ts';
import { type Finding, isDenied, needs, note, ok, problem } from './finding.ts';
import type { Target } from './target.ts';

// What the settings of a deployed stage leave open, and what S3, identity providers and SNS say of it.

const deployAgain = ({ facts, name }: DeployedStack): string =>
  `npm run deploy -- -c stage=${facts?.stage ?? name.replace(/^startframe-/, '')}`;

const YOUNG_MS = 10 * 60_000;

/** S3 begins to send events some minutes after it was told to. */
export const checkAge = ({ createdAt, name }: DeployedStack, now = Date.now()): Finding[] => {
  const minutes = Math.max(0, Math.round((now - createdAt.getTime()) / 60_000));
  if (now - createdAt.getTime() >= YOUNG_MS)
    return [ok('stack', `${name}, since ${createdAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`)];
  return [
    note(
      'stack',
      `${name} is ${minutes} minutes old: first drops may be silent for some minutes after the first deployment. The sweeper takes them up.`,
      'Wait, or request a video by startframe make.',
    ),
  ];
};

/** Needs s3:GetBucketNotification. */
export const checkDropEvents = async ({ aws, outputs = {} }: Target): Promise<Finding[]> => {
  const what = 'drop events';
  const Bucket = outputs.InboxBucketName;
  if (Bucket === undefined) return [];
  try {
    const s3 = new S3Client({ ...aws, ...(aws.endpoint === undefined ? {} : { forcePathStyle: true }) });
    const { EventBridgeConfiguration } = await s3.send(
      new GetBucketNotificationConfigurationCommand({ Bucket }),
    );
    return [
      EventBridgeConfiguration
        ? ok(what, 'S3 tells EventBridge of drops')
        : problem(
            what,
            `${Bucket} does not tell EventBridge of drops: no drop becomes a job`,
            `aws s3api put-bucket-notification-configuration --bucket ${Bucket} --region ${aws.region} --notification-configuration '{"EventBridgeConfiguration":{}}'`,
          ),
    ];
  } catch (error) {
    return [
      isDenied(error)
        ? needs(what, `s3:GetBucketNotification on ${Bucket}`)
        : problem(what, explain(error), 'Deploy the stack again.'),
    ];
  }
};

/** Who sees drops, and what an owner may spend. Nothing for a stack of an older release, whose template does not say it. */
export const checkSettings = (stack: DeployedStack, hint: string | undefined): Finding[] => {
  const { facts } = stack;
  if (!facts) return [];
  const { admins, budgets, stage } = facts;
  const hasBudget = budgets.dailyDollars !== undefined || budgets.owners > 0;
  return [
    admins > 0
      ? ok('admins', `${admins} named`)
      : note(
          'admins',
          'none: nobody sees drops or operates the jobs of others by API and command line',
          `Add ${hint ?? '"admins": ["ACCOUNT:ROLE"]'} to stages/${stage}.json, then ${deployAgain(stack)}`,
        ),
    hasBudget
      ? ok('budgets', budgetText(budgets))
      : note(
          'budgets',
          'none: nothing limits what a day may cost',
          `Add "budgets": { "dailyDollars": 20 } to stages/${stage}.json, then ${deployAgain(stack)}`,
        ),
  ];
};

const budgetText = ({ dailyDollars, owners }: NonNullable<DeployedStack['facts']>['budgets']): string =>
  [
    ...(dailyDollars === undefined ? [] : [`$${dailyDollars} a day for each owner`]),
    ...(owners > 0 ? [`${owners} owners with a limit of their own`] : []),
  ].join(', ');

/** A default model without a list price is refused to every owner with a limit. */
export const checkPrices = async (
  { api }: Target,
  { facts, ...stack }: DeployedStack,
): Promise<Finding[]> => {
  if (facts?.budgets.dailyDollars === undefined || facts.budgets.assumedPriceDollars !== undefined) return [];
  const { models } = await api.listModels();
  const free = models.find(({ isDefault }) => isDefault);
  if (!free || Object.keys(free.pricePerSecondMicros).length > 0) return [];
  return [
    problem(
      'price',
      `${free.id} has no list price, so that budgets refuse its jobs`,
      `Set "budgets": { "assumedPriceDollars": … } in stages/${facts.stage}.json, then ${deployAgain({ ...stack, facts })}`,
    ),
  ];
};

const Authorizer = z.object({ JwtConfiguration: z.object({ Issuer: z.string() }).optional() });
const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });
const Keys = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

const ISSUER_TIMEOUT_MS = 10_000;

/** API Gateway reads the issuer's discovery document at the first call, and takes RSA keys only. */
export const checkIssuer = async (stack: DeployedStack): Promise<Finding[]> => {
  const [issuer] = stack
    .resources('AWS::ApiGatewayV2::Authorizer')
    .flatMap((properties) => Authorizer.safeParse(properties).data?.JwtConfiguration?.Issuer ?? []);
  if (issuer === undefined) return [];
  const what = 'issuer';
  const fix = `Set "api.auth.issuer" as the tokens’ "iss" says it, then ${deployAgain(stack)}`;
  try {
    const document = Discovery.parse(
      await readJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`),
    );
    if (document.issuer !== issuer)
      return [problem(what, `${issuer} calls itself ${document.issuer}: its tokens are refused`, fix)];
    const { keys } = Keys.parse(await readJson(document.jwks_uri));
    return [
      keys.some(({ kty }) => kty === 'RSA')
        ? ok(what, issuer)
        : problem(
            what,
            `${issuer} has no RSA key, and API Gateway takes no other`,
            'Let the issuer sign with RS256.',
          ),
    ];
  } catch (error) {
    return [problem(what, `${issuer}: its discovery document cannot be read (${shortly(error)})`, fix)];
  }
};

const readJson = async (url: string): Promise<unknown> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(ISSUER_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return response.json();
};

const shortly = (error: unknown): string =>
  error instanceof z.ZodError
    ? 'it lacks issuer or keys'
    : error instanceof Error
      ? error.message
      : String(error);

const Alarm = z.object({ AlarmActions: z.array(z.string()).default([]) });

/** Needs sns:GetTopicAttributes. */
export const checkAlarms = async ({ aws }: Target, stack: DeployedStack): Promise<Finding[]> => {
  const what = 'alarm topic';
  const [topic] = stack
    .resources('AWS::CloudWatch::Alarm')
    .flatMap((properties) => Alarm.safeParse(properties).data?.AlarmActions ?? []);
  const region = aws.region ?? 'REGION';
  const setting = `set "deploy.alarmTopicArn" in stages/${stack.facts?.stage}.json`;
  if (topic === undefined)
    return [
      note(
        what,
        'none: alarms show in CloudWatch only',
        `aws sns create-topic --name startframe-alarms --region ${region}; then ${setting}, and ${deployAgain(stack)}`,
      ),
    ];
  if (topic.split(':')[3] !== region)
    return [
      problem(
        what,
        `${topic} is in another region: no alarm arrives`,
        `Use a topic in ${region}: ${setting}`,
      ),
    ];
  try {
    const attributes = await queryCall(aws, 'sns', {
      Action: 'GetTopicAttributes',
      Version: '2010-03-31',
      TopicArn: topic,
    });
    const confirmed = /<key>SubscriptionsConfirmed<\/key>\s*<value>(\d+)<\/value>/.exec(attributes)?.[1];
    return [
      confirmed === '0'
        ? problem(
            what,
            `${topic} has no confirmed subscription: nobody is notified`,
            `aws sns subscribe --topic-arn ${topic} --protocol email --notification-endpoint YOU@EXAMPLE.COM`,
          )
        : ok(what, `${topic}, ${confirmed ?? 'some'} confirmed`),
    ];
  } catch (error) {
    return [
      isDenied(error)
        ? needs(what, `sns:GetTopicAttributes on ${topic}`)
        : problem(what, `${topic}: ${explain(error)}`, `Use a topic that exists: ${setting}`),
    ];
  }
};
