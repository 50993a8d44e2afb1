import { Aws, CfnOutput, type Stack } from 'aws-cdk-lib';
import { ANYBODY } from '../core/kernel/identity.ts';
import { OWNERS } from './check-api.ts';
import type { FrameInbox } from './frame-inbox.ts';
import type { JobApi } from './job-api.ts';
import type { JobEvents } from './job-events.ts';
import type { JobStore } from './job-store.ts';
import type { JobWebhooks } from './job-webhooks.ts';
import type { JobWorkflow } from './job-workflow.ts';
import type { ProviderCallbacks } from './provider-callbacks.ts';
import type { ProviderSecrets } from './provider-secrets.ts';
import type { StageConfig } from './stage-config.ts';
import type { VideoLibrary } from './video-library.ts';

/** The parts of a stack that people and programs reach by name. */
export interface ReachableParts {
  readonly inbox: FrameInbox;
  readonly videos: VideoLibrary;
  readonly jobs: JobStore;
  readonly events: JobEvents;
  readonly api: JobApi;
  readonly workflow: JobWorkflow;
  readonly webhooks: JobWebhooks;
  readonly secrets: ProviderSecrets;
  readonly callbacks: ProviderCallbacks | undefined;
}

/** Adds the stack's outputs: the names and addresses that CloudFormation gives. */
export const addOutputs = (stack: Stack, config: StageConfig, parts: ReachableParts): void => {
  const { inbox, videos, jobs, events, api, workflow, webhooks, secrets, callbacks } = parts;
  const output = (id: string, value: string, description: string): void => {
    new CfnOutput(stack, id, { value, description });
  };
  output('InboxBucketName', inbox.inboxBucketName, 'Drop start frames here.');
  output('FrameBucketName', inbox.frameBucketName, 'Uploaded and fetched frames.');
  output('VideoBucketName', videos.bucketName, 'Videos and their manifests.');
  output('JobTableName', jobs.tableName, 'The record of each job.');
  output('EventBusName', events.busName, 'The events of jobs.');
  output('ApiUrl', api.url, 'The HTTP API; /openapi.json describes it.');
  output('StateMachineArn', workflow.stateMachineArn, 'The workflow of a job.');
  output('WebhookSecretArn', webhooks.secretArn, 'The keys of all webhook receivers are derived from this.');
  for (const [provider, arn] of Object.entries(secrets.arns))
    output(secretOutputName(provider), arn, `Put the API key of ${provider} here, as plain text.`);
  output(
    'SecretArnsByProvider',
    stack.toJsonString(secrets.arns),
    'The secret of each provider by its id, for the command line.',
  );
  if (config.admins.length === 0)
    output(
      'AdminsHint',
      `"admins": ["${exampleAdmin(config)}"]`,
      `Nobody sees all jobs yet. Add this line to the settings of the stage, with ${OWNERS[config.api.auth.type].example}, and deploy again.`,
    );
  if (callbacks)
    output('CallbackUrl', callbacks.url, 'Providers call back here, with their id at the end of the path.');
  for (const [provider, arn] of Object.entries(callbacks?.arns ?? {}))
    output(
      `CallbackSecretArn${pascalCase(provider)}`,
      arn,
      `Put the key that ${provider} signs its callbacks with here (whsec_…), as plain text.`,
    );
};

/** An admin as the stage's callers are named; where they are IAM roles, one of this account. */
const exampleAdmin = ({ api: { auth } }: StageConfig): string => {
  switch (auth.type) {
    case 'iam':
      return `${Aws.ACCOUNT_ID}:role/OnCall`;
    case 'jwt':
      return 'jwt:ann';
    case 'api-key':
      return 'key:ops';
    case 'none':
      return ANYBODY;
  }
};

/** `openai-video` → `ProviderSecretArnOpenaiVideo` */
const secretOutputName = (provider: string): string => `ProviderSecretArn${pascalCase(provider)}`;

/** `openai-video` → `OpenaiVideo` */
const pascalCase = (id: string): string =>
  id
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
