import { Stack, Validations } from 'aws-cdk-lib';
import {
  type AddRoutesOptions,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { batchRoutes } from '../core/api/batch-routes.ts';
import type { Method } from '../core/api/route.ts';
import { operationIds, routes } from '../core/api/routes.ts';
import type { ApiSettings } from '../core/api/settings.ts';
import { webhookRoutes } from '../core/api/webhook-routes.ts';
import { corsOf } from './api-cors.ts';
import { accessLogFormat, apiGate } from './api-gate.ts';
import type { FrameInbox } from './frame-inbox.ts';
import type { JobBatches } from './job-batches.ts';
import type { JobStore } from './job-store.ts';
import type { JobWebhooks } from './job-webhooks.ts';
import type { JobWorkflow } from './job-workflow.ts';
import { type FunctionDefaults, PipelineFunction } from './pipeline-function.ts';
import type { VideoLibrary } from './video-library.ts';

export interface JobApiProps {
  readonly functions: FunctionDefaults;
  readonly settings: ApiSettings;
  readonly inbox: FrameInbox;
  readonly jobs: JobStore;
  readonly videos: VideoLibrary;
  readonly batches: JobBatches;
  readonly workflow: JobWorkflow;
  readonly webhooks: JobWebhooks;
}

/** The HTTP API: the routes of `core/api/routes.ts`, all but the public ones behind the stage's authorizer. */
export class JobApi extends Construct {
  readonly url: string;
  private readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: JobApiProps) {
    super(scope, id);
    const { functions, settings, jobs } = props;
    const jobIntegration = new HttpLambdaIntegration('Function', this.addJobFunction(props));
    this.api = new HttpApi(this, 'Api', {
      apiName: Stack.of(this).stackName,
      description: 'Startframe: requests videos and shows how far they are.',
      createDefaultStage: false,
      defaultAuthorizer: apiGate(this, { auth: settings.auth, functions, jobs }),
      ...corsOf(settings),
    });
    this.addRoutes(jobIntegration, props);
    this.addFallbackRoutes(jobIntegration, settings);
    this.url = this.addStage(functions, settings).url.replace(/\/$/, '');
  }

  /** A route that anybody may call, for a reason, with a function of its own behind it. */
  addPublicRoute(method: Method, path: string, fn: PipelineFunction, reason: string): void {
    const integration = new HttpLambdaIntegration(path, fn);
    addPublicRoutes(this.api, { path, methods: [HttpMethod[method]], integration }, reason);
  }

  private addRoutes(jobIntegration: HttpLambdaIntegration, props: JobApiProps): void {
    const webhookIntegration = new HttpLambdaIntegration('WebhookFunction', this.addWebhookFunction(props));
    const batchIntegration = new HttpLambdaIntegration('BatchFunction', this.addBatchFunction(props));
    const integrationOf = (id: string) => {
      if (Object.hasOwn(batchRoutes, id)) return batchIntegration;
      return Object.hasOwn(webhookRoutes, id) ? webhookIntegration : jobIntegration;
    };
    for (const id of operationIds) {
      const { method, path, access } = routes[id];
      const route = { path, methods: [HttpMethod[method]], integration: integrationOf(id) };
      if (typeof access === 'object') addPublicRoutes(this.api, route, access.publicBecause);
      else this.api.addRoutes(route);
    }
  }

  /** What matches no route: an answer of ours that says so, and a browser's preflight. */
  private addFallbackRoutes(integration: HttpLambdaIntegration, { allowedOrigins }: ApiSettings): void {
    new HttpRoute(this, 'NoRoute', { httpApi: this.api, routeKey: HttpRouteKey.DEFAULT, integration });
    if (allowedOrigins.length === 0) return;
    // Without this route the default route asks for a signature on a browser's preflight (API Gateway, "Configure CORS for
    // HTTP APIs").
    addPublicRoutes(
      this.api,
      { path: '/{proxy+}', methods: [HttpMethod.OPTIONS], integration },
      'A browser sends its preflight without credentials; the answer says which pages may call, nothing else.',
    );
  }

  private addStage(functions: FunctionDefaults, { throttle, auth }: ApiSettings): HttpStage {
    const logs = new LogGroup(this, 'AccessLogs', {
      retention: functions.logRetention,
      removalPolicy: functions.logRemoval,
    });
    return new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: throttle.rate, burstLimit: throttle.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: accessLogFormat(auth),
      },
    });
  }

  private addFunction(id: string, functions: FunctionDefaults, name: string): PipelineFunction {
    return new PipelineFunction(this, id, { functions, name, memoryMb: 512, timeoutSeconds: 20 });
  }

  private addJobFunction({ functions, jobs, videos, inbox, workflow }: JobApiProps): PipelineFunction {
    const fn = this.addFunction('Function', functions, 'job-api');
    jobs.grantAdmission(fn);
    jobs.grantList(fn);
    jobs.grantDeleteJobs(fn);
    videos.grantRead(fn);
    videos.grantDelete(fn);
    inbox.grantReadInbox(fn);
    inbox.grantReadFrames(fn);
    inbox.grantSignUploads(fn);
    workflow.grantRestart(fn);
    return fn;
  }

  /** The routes of batches have a function of their own: what they need besides does not belong to the job function. */
  private addBatchFunction({ functions, jobs, inbox, batches }: JobApiProps): PipelineFunction {
    const fn = this.addFunction('BatchFunction', functions, 'batch-api');
    jobs.grantReadWrite(fn);
    jobs.grantReadBatches(fn);
    inbox.grantReadFrames(fn);
    inbox.grantStoreManifests(fn);
    batches.grantExpand(fn);
    return fn;
  }

  /** The routes of webhooks have a function of their own: the job function must not read their secret or fill their queue. */
  private addWebhookFunction({ functions, jobs, webhooks }: JobApiProps): PipelineFunction {
    const fn = this.addFunction('WebhookFunction', functions, 'webhook-api');
    jobs.grantRead(fn);
    webhooks.grantRedeliver(fn);
    webhooks.grantReadSecret(fn);
    return fn;
  }
}

/** Routes that anybody may call, for a reason. */
const addPublicRoutes = (api: HttpApi, route: AddRoutesOptions, reason: string): void => {
  for (const added of api.addRoutes({ ...route, authorizer: new HttpNoneAuthorizer() }))
    Validations.of(added).acknowledge({ id: 'AwsSolutions-APIG4', reason });
};
