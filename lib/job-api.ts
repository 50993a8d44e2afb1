import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
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

/** Callers that may order videos by HTTP. Every route wants a request signed by IAM; there is no other one. */
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
    api.addRoutes({ path: '/jobs', methods: [HttpMethod.POST], integration });
    api.addRoutes({ path: '/jobs/{id}', methods: [HttpMethod.GET], integration });
    api.addRoutes({ path: '/jobs/{id}/cancel', methods: [HttpMethod.POST], integration });
    api.addRoutes({ path: '/jobs/{id}/redrive', methods: [HttpMethod.POST], integration });
    api.addRoutes({ path: '/providers', methods: [HttpMethod.GET], integration });
    api.addRoutes({ path: '/providers/{id}/pause', methods: [HttpMethod.POST], integration });
    api.addRoutes({ path: '/providers/{id}/resume', methods: [HttpMethod.POST], integration });
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
