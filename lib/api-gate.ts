import { Duration } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpNoneAuthorizer, type IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  HttpIamAuthorizer,
  HttpJwtAuthorizer,
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { Construct } from 'constructs';
import type { ApiAuth } from '../core/api/settings.ts';
import type { JobStore } from './job-store.ts';
import { type FunctionDefaults, PipelineFunction } from './pipeline-function.ts';

export interface ApiGateProps {
  readonly auth: ApiAuth;
  readonly functions: FunctionDefaults;
  readonly jobs: JobStore;
}

/** How long API Gateway remembers what the authorizer said of a key: as long works a key that was revoked. */
const KEY_CACHE_SECONDS = 60;

/** What asks the callers of a stage's API who they are. */
export const apiGate = (scope: Construct, { auth, functions, jobs }: ApiGateProps): IHttpRouteAuthorizer => {
  switch (auth.type) {
    case 'iam':
      return new HttpIamAuthorizer();
    case 'jwt':
      return new HttpJwtAuthorizer('TokenAuthorizer', auth.issuer, { jwtAudience: auth.audience });
    case 'api-key': {
      const fn = new PipelineFunction(scope, 'KeyAuthorizer', {
        functions,
        name: 'authorize-key',
        memoryMb: 256,
        timeoutSeconds: 10,
      });
      jobs.grantReadApiKeys(fn);
      return new HttpLambdaAuthorizer('ApiKeyAuthorizer', fn, {
        responseTypes: [HttpLambdaResponseType.SIMPLE],
        // It is what API Gateway remembers by; without the header it answers 401 and asks nobody.
        identitySource: [`$request.header.${auth.header}`],
        resultsCacheTtl: Duration.seconds(KEY_CACHE_SECONDS),
      });
    }
    case 'none':
      return new HttpNoneAuthorizer();
  }
};

// No query, no body and no header: a key or a token is nobody's business. Variables that HTTP APIs know (API Gateway,
// "Customize HTTP API access logs").
export const accessLogFormat = (auth: ApiAuth): AccessLogFormat =>
  AccessLogFormat.custom(
    JSON.stringify({
      requestId: '$context.requestId',
      requestTime: '$context.requestTime',
      ...callerFields(auth),
      sourceIp: '$context.identity.sourceIp',
      routeKey: '$context.routeKey',
      path: '$context.path',
      status: '$context.status',
      responseLength: '$context.responseLength',
      error: '$context.error.message',
      integrationError: '$context.integrationErrorMessage',
    }),
  );

const callerFields = (auth: ApiAuth): Record<string, string> => {
  switch (auth.type) {
    case 'iam':
      return { caller: '$context.identity.userArn' };
    case 'jwt':
      return {
        // Names of context variables are words; whose claim has another name is logged by `sub`.
        caller: `$context.authorizer.claims.${/^\w+$/.test(auth.ownerClaim) ? auth.ownerClaim : 'sub'}`,
        authorizerError: '$context.authorizer.error',
      };
    case 'api-key':
      return {
        caller: '$context.authorizer.owner',
        keyId: '$context.authorizer.keyId',
        authorizerError: '$context.authorizer.error',
      };
    case 'none':
      return {};
  }
};
