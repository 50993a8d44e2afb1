import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Architecture, type Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { FrameInbox } from './frame-inbox.ts';
import { JobAdmission } from './job-admission.ts';
import { JobApi } from './job-api.ts';
import { JobBatches } from './job-batches.ts';
import { JobEvents } from './job-events.ts';
import { JobMonitoring } from './job-monitoring.ts';
import { JobStore } from './job-store.ts';
import { JobSweeper } from './job-sweeper.ts';
import { JobWebhooks } from './job-webhooks.ts';
import { JobWorkflow } from './job-workflow.ts';
import { adaptToLocalCloud, localCloudStackProps } from './local-cloud.ts';
import { AccessLogBucket } from './pipeline-bucket.ts';
import type { FunctionDefaults } from './pipeline-function.ts';
import { ProviderCallbacks } from './provider-callbacks.ts';
import { ProviderSecrets } from './provider-secrets.ts';
import type { StageConfig } from './stage-config.ts';
import { UploadTrigger } from './upload-trigger.ts';
import { VideoLibrary } from './video-library.ts';

export interface VideoPipelineStackProps extends StackProps {
  readonly config: StageConfig;
  /** The bundle of the function `lambdas/<name>.ts`, with its settings file beside it. */
  readonly codeOf: (name: string) => Code;
}

/** The table of contents: makes the subsystems and hands them to each other. */
export class VideoPipelineStack extends Stack {
  constructor(scope: Construct, id: string, { config, codeOf, ...props }: VideoPipelineStackProps) {
    const { deploy } = config;
    super(scope, id, {
      description: 'Startframe: start frames in, videos out.',
      tags: { 'startframe:stage': config.stage },
      terminationProtection: deploy.deletionProtection,
      ...(deploy.localCloud && localCloudStackProps),
      ...props,
    });
    const removalPolicy = deploy.removal === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
    const functions: FunctionDefaults = {
      codeOf,
      architecture: ARCHITECTURES[deploy.architecture],
      logRetention: deploy.logRetentionDays,
    };

    const accessLogs = new AccessLogBucket(this, 'AccessLogs', { removalPolicy });
    const inbox = new FrameInbox(this, 'FrameInbox', { accessLogs, removalPolicy });
    const videos = new VideoLibrary(this, 'VideoLibrary', { accessLogs, removalPolicy });
    const jobs = new JobStore(this, 'JobStore', {
      removalPolicy,
      deletionProtection: deploy.deletionProtection,
    });
    const secrets = new ProviderSecrets(this, 'ProviderSecrets', {
      providers: Object.keys(config.providers),
      removalPolicy,
      holds: (provider) => `The API key of the video provider ${provider}, as plain text.`,
    });
    const workflow = new JobWorkflow(this, 'JobWorkflow', { functions, jobs, inbox, secrets, videos });
    const admission = new JobAdmission(this, 'JobAdmission', { functions, jobs, workflow });
    const uploads = new UploadTrigger(this, 'UploadTrigger', { functions, inbox, jobs, workflow });
    const events = new JobEvents(this, 'JobEvents', { functions, jobs });
    const webhooks = new JobWebhooks(this, 'JobWebhooks', {
      functions,
      jobs,
      events,
      settings: config.webhooks,
      removalPolicy,
    });
    const batches = new JobBatches(this, 'JobBatches', { functions, inbox, jobs, workflow });
    const api = new JobApi(this, 'JobApi', {
      functions,
      settings: config.api,
      inbox,
      jobs,
      videos,
      batches,
      workflow,
      webhooks,
    });
    const calling = Object.keys(config.providers).filter((id) => config.providers[id]?.callbacks);
    const callbacks =
      calling.length > 0
        ? new ProviderCallbacks(this, 'ProviderCallbacks', {
            functions,
            providers: calling,
            api,
            jobs,
            workflow,
            removalPolicy,
          })
        : undefined;
    const sweeper = new JobSweeper(this, 'JobSweeper', { functions, jobs, workflow, batches, events });
    new JobMonitoring(this, 'JobMonitoring', {
      uploads,
      workflow,
      admission,
      batches,
      events,
      webhooks,
      sweeper,
      providers: Object.keys(config.providers),
      alarmTopicArn: deploy.alarmTopicArn,
    });

    this.output('InboxBucketName', inbox.inboxBucketName, 'Drop start frames here.');
    this.output('FrameBucketName', inbox.frameBucketName, 'Frames that came another way.');
    this.output('VideoBucketName', videos.bucketName, 'Videos and their manifests.');
    this.output('JobTableName', jobs.tableName, 'What is known of each job.');
    this.output('EventBusName', events.busName, 'What happens to jobs.');
    this.output('ApiUrl', api.url, 'Order videos here; /openapi.json tells how.');
    this.output('StateMachineArn', workflow.stateMachineArn, 'The workflow of a job.');
    this.output(
      'WebhookSecretArn',
      webhooks.secretArn,
      'What the keys of all receivers of webhooks are made of.',
    );
    for (const [provider, arn] of Object.entries(secrets.arns)) {
      this.output(
        `ProviderSecretArn${pascalCase(provider)}`,
        arn,
        `Put the API key of ${provider} here, as plain text.`,
      );
    }
    if (callbacks)
      this.output('CallbackUrl', callbacks.url, 'Providers call back here: with their id behind it.');
    for (const [provider, arn] of Object.entries(callbacks?.arns ?? {})) {
      this.output(
        `CallbackSecretArn${pascalCase(provider)}`,
        arn,
        `Put what ${provider} signs its callbacks with here (whsec_…), as plain text.`,
      );
    }

    if (deploy.localCloud) adaptToLocalCloud(this);
  }

  private output(id: string, value: string, description: string): void {
    new CfnOutput(this, id, { value, description });
  }
}

const ARCHITECTURES = {
  arm64: Architecture.ARM_64,
  x86_64: Architecture.X86_64,
  host: process.arch === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
} as const;

/** `openai-video` → `OpenaiVideo` */
const pascalCase = (id: string): string =>
  id
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
