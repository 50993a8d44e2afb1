import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
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
import { ProviderCallbacks, type ProviderCallbacksProps } from './provider-callbacks.ts';
import { ProviderSecrets } from './provider-secrets.ts';
import { addOutputs } from './stack-outputs.ts';
import type { StageConfig } from './stage-config.ts';
import { stageFacts } from './stage-facts.ts';
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
      logRemoval: removalPolicy,
    };

    const storage = this.addStorage(config, removalPolicy);
    const { inbox, videos, jobs } = storage;
    const workflow = new JobWorkflow(this, 'JobWorkflow', { functions, ...storage });
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
    const callbacks = this.addCallbacks(config, { functions, api, jobs, workflow, removalPolicy });
    const sweeper = new JobSweeper(this, 'JobSweeper', { functions, jobs, workflow, batches, events });
    new JobMonitoring(this, 'JobMonitoring', {
      watched: { uploads, workflow, admission, batches, events, webhooks, sweeper },
      providers: Object.keys(config.providers),
      alarmTopicArn: deploy.alarmTopicArn,
    });
    this.addMetadata('Startframe', stageFacts(config));
    addOutputs(this, config, { ...storage, events, api, workflow, webhooks, callbacks });
    if (deploy.localCloud) adaptToLocalCloud(this);
  }

  /** Whatever holds data: all else can be made anew. */
  private addStorage({ deploy, providers, api }: StageConfig, removalPolicy: RemovalPolicy) {
    const { allowedOrigins } = api;
    const accessLogs = new AccessLogBucket(this, 'AccessLogs', { removalPolicy });
    return {
      inbox: new FrameInbox(this, 'FrameInbox', { accessLogs, removalPolicy, allowedOrigins }),
      videos: new VideoLibrary(this, 'VideoLibrary', { accessLogs, removalPolicy, allowedOrigins }),
      jobs: new JobStore(this, 'JobStore', {
        removalPolicy,
        deletionProtection: deploy.deletionProtection,
      }),
      secrets: new ProviderSecrets(this, 'ProviderSecrets', {
        providers: Object.keys(providers),
        removalPolicy,
        holds: (provider) => `The API key of the video provider ${provider}, as plain text.`,
      }),
    };
  }

  /** Only where a provider calls back: anybody can reach the route. */
  private addCallbacks(
    { providers }: StageConfig,
    props: Omit<ProviderCallbacksProps, 'providers'>,
  ): ProviderCallbacks | undefined {
    const calling = Object.keys(providers).filter((id) => providers[id]?.callbacks);
    if (calling.length === 0) return undefined;
    return new ProviderCallbacks(this, 'ProviderCallbacks', { ...props, providers: calling });
  }
}

const ARCHITECTURES = {
  arm64: Architecture.ARM_64,
  x86_64: Architecture.X86_64,
  host: process.arch === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
} as const;
