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

/** How long API Gateway caches the authorizer's answer for a key. A revoked key works for this long. */
const KEY_CACHE_SECONDS = 60;

/** The authorizer of a stage's API. */
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
        // The cache key. Without the header API Gateway answers 401 and does not call the authorizer.
        identitySource: [`$request.header.${auth.header}`],
        resultsCacheTtl: Duration.seconds(KEY_CACHE_SECONDS),
      });
    }
    case 'none':
      return new HttpNoneAuthorizer();
  }
};

// No query, no body and no header: they may hold a key or a token. These variables exist in HTTP APIs (API Gateway,
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
        // A context variable takes only word characters; a claim with another name is logged by `sub`.
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
