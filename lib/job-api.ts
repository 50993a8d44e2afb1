import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { operationIds, routes } from '../core/api/routes.ts';
import type { FrameInbox } from './frame-inbox.ts';
import type { JobStore } from './job-store.ts';
import type { JobWorkflow } from './job-workflow.ts';
import { type FunctionDefaults, PipelineFunction } from './pipeline-function.ts';

export interface JobApiProps {
  readonly functions: FunctionDefaults;
  readonly inbox: FrameInbox;
  readonly jobs: JobStore;
  readonly workflow: JobWorkflow;
}

// No query and no body: neither is anybody's business. Variables that HTTP APIs know (API Gateway, "Customize HTTP API access logs").
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    requestTime: '$context.requestTime',
    caller: '$context.identity.userArn',
    sourceIp: '$context.identity.sourceIp',
    routeKey: '$context.routeKey',
    path: '$context.path',
    status: '$context.status',
    responseLength: '$context.responseLength',
    error: '$context.error.message',
    integrationError: '$context.integrationErrorMessage',
  }),
);

/** Callers that may order videos by HTTP: the routes of `core/api/routes.ts`, signed by IAM but for those that are public. */
export class JobApi extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, { functions, inbox, jobs, workflow }: JobApiProps) {
    super(scope, id);
    const fn = new PipelineFunction(this, 'Function', {
      functions,
      name: 'job-api',
      memoryMb: 512,
      timeoutSeconds: 20,
    });
    jobs.grantAdmission(fn);
    jobs.grantList(fn);
    inbox.grantReadInbox(fn);
    inbox.grantReadFrames(fn);
    workflow.grantRestart(fn);

    const api = new HttpApi(this, 'Api', {
      apiName: Stack.of(this).stackName,
      description: 'Startframe: orders videos and tells how they go.',
      createDefaultStage: false,
      defaultAuthorizer: new HttpIamAuthorizer(),
    });
    const integration = new HttpLambdaIntegration('Function', fn);
    for (const id of operationIds) {
      const { method, path, access } = routes[id];
      const isPublic = typeof access === 'object';
      const added = api.addRoutes({
        path,
        methods: [HttpMethod[method]],
        integration,
        ...(isPublic ? { authorizer: new HttpNoneAuthorizer() } : {}),
      });
      if (!isPublic) continue;
      for (const route of added)
        Validations.of(route).acknowledge({
          id: 'AwsSolutions-APIG4',
          reason: access.publicBecause,
        });
    }
    // Whatever is no route: a problem that says so, instead of API Gateway's own words.
    new HttpRoute(this, 'NoRoute', { httpApi: api, routeKey: HttpRouteKey.DEFAULT, integration });
    const logs = new LogGroup(this, 'AccessLogs', {
      retention: functions.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      autoDeploy: true,
      throttle: { rateLimit: 50, burstLimit: 100 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: ACCESS_LOG,
      },
    });
    this.url = stage.url.replace(/\/$/, '');
  }
}
