import * as z from 'zod';
import { resourcesOf, stage, templateOf } from './synth.ts';

const template = templateOf(stage('dev'));

test('every route wants a request that IAM has signed', () => {
  const Route = z.object({ RouteKey: z.string(), AuthorizationType: z.string() });
  const routes = [...resourcesOf(template, 'AWS::ApiGatewayV2::Route', Route).values()];
  expect(routes.map(({ RouteKey }) => RouteKey).sort()).toEqual([
    'GET /jobs/{id}',
    'GET /providers',
    'POST /jobs',
    'POST /jobs/{id}/cancel',
    'POST /jobs/{id}/redrive',
    'POST /providers/{id}/pause',
    'POST /providers/{id}/resume',
  ]);
  for (const { AuthorizationType } of routes) expect(AuthorizationType).toBe('AWS_IAM');
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
