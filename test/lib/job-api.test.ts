import * as z from 'zod';
import { routeKeyOf } from '../../core/api/route.ts';
import { operationIds, routes } from '../../core/api/routes.ts';
import { resourcesOf, stage, templateOf } from './synth.ts';

/** A list, so that nothing becomes public by a slip. */
const publicRoutes = ['showApi'];

const template = templateOf(stage('dev'));

const Route = z.object({ RouteKey: z.string(), AuthorizationType: z.string() });
const deployed = [...resourcesOf(template, 'AWS::ApiGatewayV2::Route', Route).values()];

test('every route wants a request that IAM has signed, but for the public ones', () => {
  expect(new Map(deployed.map(({ RouteKey, AuthorizationType }) => [RouteKey, AuthorizationType]))).toEqual(
    new Map([
      ...operationIds.map((id): [string, string] => [
        routeKeyOf(routes[id]),
        publicRoutes.includes(id) ? 'NONE' : 'AWS_IAM',
      ]),
      ['$default', 'AWS_IAM'],
    ]),
  );
});

test('each public route has its reason', () => {
  const open = operationIds.filter((id) => typeof routes[id].access === 'object');
  expect(open).toEqual(publicRoutes);
});

test('the stage is throttled and logs who called, without queries', () => {
  template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
    StageName: '$default',
    AutoDeploy: true,
    DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
  });
  const Stage = z.object({ AccessLogSettings: z.object({ Format: z.string() }) });
  const [format] = [...resourcesOf(template, 'AWS::ApiGatewayV2::Stage', Stage).values()].map(
    ({ AccessLogSettings }) => AccessLogSettings.Format,
  );
  expect(format).toContain('$context.identity.userArn');
  expect(format).not.toMatch(/query|\$context\.requestBody/i);
});

test('its address is an output', () => {
  template.hasOutput('ApiUrl', {});
});
