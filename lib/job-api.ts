import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import {
  type AddRoutesOptions,
  CorsHttpMethod,
  HttpApi,
  type HttpApiProps,
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

/** Callers that may order videos by HTTP: the routes of `core/api/routes.ts`, each behind the stage's gate but for those that are public. */
export class JobApi extends Construct {
  readonly url: string;
  private readonly api: HttpApi;

  constructor(
    scope: Construct,
    id: string,
    { functions, settings, inbox, jobs, videos, batches, workflow, webhooks }: JobApiProps,
  ) {
    super(scope, id);
    const fn = new PipelineFunction(this, 'Function', {
      functions,
      name: 'job-api',
      memoryMb: 512,
      timeoutSeconds: 20,
    });
    jobs.grantAdmission(fn);
    jobs.grantList(fn);
    jobs.grantDeleteJobs(fn);
    videos.grantRead(fn);
    videos.grantDelete(fn);
    inbox.grantReadInbox(fn);
    inbox.grantReadFrames(fn);
    inbox.grantSignUploads(fn);
    workflow.grantRestart(fn);

    const api = new HttpApi(this, 'Api', {
      apiName: Stack.of(this).stackName,
      description: 'Startframe: orders videos and tells how they go.',
      createDefaultStage: false,
      defaultAuthorizer: apiGate(this, { auth: settings.auth, functions, jobs }),
      ...corsOf(settings),
    });
    this.api = api;
    const integration = new HttpLambdaIntegration('Function', fn);
    const ofWebhooks = new HttpLambdaIntegration(
      'WebhookFunction',
      this.addWebhookFunction(functions, jobs, webhooks),
    );
    const ofBatches = new HttpLambdaIntegration(
      'BatchFunction',
      this.addBatchFunction(functions, inbox, jobs, batches),
    );
    const integrationOf = (id: string) => {
      if (Object.hasOwn(batchRoutes, id)) return ofBatches;
      return Object.hasOwn(webhookRoutes, id) ? ofWebhooks : integration;
    };
    for (const id of operationIds) {
      const { method, path, access } = routes[id];
      const route = { path, methods: [HttpMethod[method]], integration: integrationOf(id) };
      if (typeof access === 'object') addPublicRoutes(api, route, access.publicBecause);
      else api.addRoutes(route);
    }
    // Whatever is no route: a problem that says so, instead of API Gateway's own words.
    new HttpRoute(this, 'NoRoute', { httpApi: api, routeKey: HttpRouteKey.DEFAULT, integration });
    if (settings.allowedOrigins.length > 0)
      // Without it that route would want a signature of a browser's question whether it may ask (API Gateway, "Configure CORS for
      // HTTP APIs").
      addPublicRoutes(
        api,
        { path: '/{proxy+}', methods: [HttpMethod.OPTIONS], integration },
        'A browser asks without credentials whether a page may call; the answer tells nothing else.',
      );
    const logs = new LogGroup(this, 'AccessLogs', {
      retention: functions.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      autoDeploy: true,
      throttle: { rateLimit: settings.throttle.rate, burstLimit: settings.throttle.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: accessLogFormat(settings.auth),
      },
    });
    this.url = stage.url.replace(/\/$/, '');
  }

  /** What a batch needs besides would not fit into the function that does all the rest. */
  private addBatchFunction(
    functions: FunctionDefaults,
    inbox: FrameInbox,
    jobs: JobStore,
    batches: JobBatches,
  ): PipelineFunction {
    const fn = new PipelineFunction(this, 'BatchFunction', {
      functions,
      name: 'batch-api',
      memoryMb: 512,
      timeoutSeconds: 20,
    });
    jobs.grantReadWrite(fn);
    jobs.grantReadBatches(fn);
    inbox.grantReadFrames(fn);
    inbox.grantStoreManifests(fn);
    batches.grantExpand(fn);
    return fn;
  }

  /** The secret and the queue of the webhooks are no business of the function that does all the rest. */
  private addWebhookFunction(
    functions: FunctionDefaults,
    jobs: JobStore,
    webhooks: JobWebhooks,
  ): PipelineFunction {
    const fn = new PipelineFunction(this, 'WebhookFunction', {
      functions,
      name: 'webhook-api',
      memoryMb: 512,
      timeoutSeconds: 20,
    });
    jobs.grantRead(fn);
    webhooks.grantRedeliver(fn);
    webhooks.grantReadSecret(fn);
    return fn;
  }

  /** A route that anybody may call, for a reason, with a function of its own behind it. */
  addPublicRoute(method: Method, path: string, fn: PipelineFunction, reason: string): void {
    const integration = new HttpLambdaIntegration(path, fn);
    addPublicRoutes(this.api, { path, methods: [HttpMethod[method]], integration }, reason);
  }
}

/** Routes that anybody may call, for a reason. */
const addPublicRoutes = (api: HttpApi, route: AddRoutesOptions, reason: string): void => {
  for (const added of api.addRoutes({ ...route, authorizer: new HttpNoneAuthorizer() }))
    Validations.of(added).acknowledge({ id: 'AwsSolutions-APIG4', reason });
};

/** How long a browser remembers what it may. */
const PREFLIGHT_MINUTES = 10;

const corsOf = ({ allowedOrigins }: ApiSettings): Pick<HttpApiProps, 'corsPreflight'> =>
  allowedOrigins.length === 0
    ? {}
    : {
        corsPreflight: {
          allowOrigins: [...allowedOrigins],
          allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.DELETE],
          allowHeaders: [...CORS_REQUEST_HEADERS],
          exposeHeaders: [...CORS_ANSWER_HEADERS],
          maxAge: Duration.minutes(PREFLIGHT_MINUTES),
        },
      };

const CORS_REQUEST_HEADERS = [
  'authorization',
  'content-type',
  'idempotency-key',
  'x-api-key',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
];
const CORS_ANSWER_HEADERS = ['location', 'retry-after'];
