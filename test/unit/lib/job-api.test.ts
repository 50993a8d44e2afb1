import * as z from 'zod';
import { routeKeyOf } from '../../../core/api/route.ts';
import { operationIds, routes } from '../../../core/api/routes.ts';
import { actionsOf, changedStage, permissionsOf, resourcesOf, templateOf } from '../../support/synth.ts';

/** A list, so that nothing becomes public by a slip. */
const publicRoutes = ['showApi', 'showHealth'];

const issuer = 'https://issuer.example/';
const kinds = {
  iam: { type: 'iam' },
  jwt: { type: 'jwt', issuer, audience: ['startframe'], ownerClaim: 'client_id' },
  'api-key': { type: 'api-key' },
  'bearer api-key': { type: 'api-key', header: 'authorization' },
  none: { type: 'none' },
} as const;

const templateWith = (api: z.core.util.JSONType, name = 'dev') =>
  templateOf(
    changedStage(name, (settings) => {
      settings.api = api;
      settings.admins = [];
    }),
  );
const templates = {
  iam: templateWith({ auth: kinds.iam }),
  jwt: templateWith({ auth: { ...kinds.jwt, audience: [...kinds.jwt.audience] } }),
  'api-key': templateWith({ auth: kinds['api-key'] }),
  'bearer api-key': templateWith({ auth: kinds['bearer api-key'] }),
  none: templateWith({ auth: kinds.none }, 'local'),
};
type Kind = keyof typeof templates;

const Route = z.object({
  RouteKey: z.string(),
  AuthorizationType: z.string(),
  AuthorizerId: z.object({ Ref: z.string() }).optional(),
});
const routesOf = (template: (typeof templates)[Kind]) => [
  ...resourcesOf(template, 'AWS::ApiGatewayV2::Route', Route).values(),
];

const Authorizer = z.looseObject({ AuthorizerType: z.string() });
const authorizersOf = (kind: Kind) =>
  resourcesOf(templates[kind], 'AWS::ApiGatewayV2::Authorizer', Authorizer);

test.each<[Kind, string]>([
  ['iam', 'AWS_IAM'],
  ['jwt', 'JWT'],
  ['api-key', 'CUSTOM'],
  ['bearer api-key', 'CUSTOM'],
  ['none', 'NONE'],
])('with %s every route is gated by %s, but for the public ones', (kind, type) => {
  const deployed = routesOf(templates[kind]);
  expect(new Map(deployed.map(({ RouteKey, AuthorizationType }) => [RouteKey, AuthorizationType]))).toEqual(
    new Map([
      ...operationIds.map((id): [string, string] => [
        routeKeyOf(routes[id]),
        publicRoutes.includes(id) ? 'NONE' : type,
      ]),
      ['$default', type],
    ]),
  );
  // The same one for all, where there is one.
  const [authorizer] = authorizersOf(kind).keys();
  for (const { AuthorizationType, AuthorizerId } of deployed)
    expect(AuthorizerId?.Ref).toBe(AuthorizationType === 'NONE' ? undefined : authorizer);
});

test('each public route has its reason', () => {
  const open = operationIds.filter((id) => typeof routes[id].access === 'object');
  expect(open).toEqual(publicRoutes);
});

test('tokens are checked by issuer and audience, as the stage says them', () => {
  expect([...authorizersOf('jwt').values()]).toEqual([
    expect.objectContaining({
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: issuer, Audience: ['startframe'] },
    }),
  ]);
});

test.each<[Kind, string]>([
  ['api-key', 'x-api-key'],
  ['bearer api-key', 'authorization'],
])('with %s keys are remembered for a minute by the header %s', (kind, header) => {
  expect([...authorizersOf(kind).values()]).toEqual([
    expect.objectContaining({
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      IdentitySource: [`$request.header.${header}`],
      AuthorizerResultTtlInSeconds: 60,
    }),
  ]);
});

test('the authorizer reads the records of keys, and nothing else; it is there only where it is needed', () => {
  const role = 'JobApiKeyAuthorizerRole';
  expect(actionsOf(templates['api-key'], role)).toEqual(['dynamodb:GetItem']);
  expect(permissionsOf(templates.iam, role)).toEqual([]);
  const Policy = z.looseObject({ PolicyDocument: z.unknown(), Roles: z.unknown() });
  const policy = [...resourcesOf(templates['api-key'], 'AWS::IAM::Policy', Policy).values()].find((each) =>
    JSON.stringify(each.Roles).includes(role),
  );
  expect(policy).toMatchObject({
    PolicyDocument: {
      Statement: expect.arrayContaining([
        expect.objectContaining({
          Action: 'dynamodb:GetItem',
          Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['API_KEYS'] } },
        }),
      ]),
    },
  });
});

const Stage = z.object({
  AccessLogSettings: z.object({ Format: z.string() }),
  DefaultRouteSettings: z.unknown(),
});
const stageOf = (template: (typeof templates)[Kind]) => {
  const [stage] = resourcesOf(template, 'AWS::ApiGatewayV2::Stage', Stage).values();
  if (!stage) throw new Error('There is no stage.');
  return stage;
};

test.each<[Kind, string]>([
  ['iam', '$context.identity.userArn'],
  ['jwt', '$context.authorizer.claims.client_id'],
  ['api-key', '$context.authorizer.owner'],
  ['none', '$context.identity.sourceIp'],
])('with %s the log says who called (%s), without queries, keys and tokens', (kind, caller) => {
  const { Format } = stageOf(templates[kind]).AccessLogSettings;
  expect(Object.values(z.record(z.string(), z.string()).parse(JSON.parse(Format)))).toContain(caller);
  expect(Format).not.toMatch(/query|requestBody|header|token|identity\.apiKey|authorizer\.secret/i);
});

test('the stage is throttled as its settings say', () => {
  expect(stageOf(templates.iam).DefaultRouteSettings).toEqual({
    ThrottlingRateLimit: 50,
    ThrottlingBurstLimit: 100,
  });
  const slow = templateWith({ throttle: { rate: 5, burst: 7 } });
  expect(stageOf(slow).DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 5, ThrottlingBurstLimit: 7 });
});

test('no page of another origin may call, unless the stage lists it; then a browser may ask without credentials', () => {
  const Api = z.looseObject({ CorsConfiguration: z.looseObject({}).optional() });
  const corsOf = (template: (typeof templates)[Kind]) =>
    [...resourcesOf(template, 'AWS::ApiGatewayV2::Api', Api).values()].map((api) => api.CorsConfiguration);
  expect(corsOf(templates.jwt)).toEqual([undefined]);
  const open = templateWith({
    auth: { ...kinds.jwt, audience: [...kinds.jwt.audience] },
    allowedOrigins: ['https://studio.example.com'],
  });
  expect(corsOf(open)).toEqual([
    expect.objectContaining({
      AllowOrigins: ['https://studio.example.com'],
      AllowHeaders: expect.arrayContaining(['authorization', 'content-type', 'idempotency-key']),
      ExposeHeaders: ['location', 'retry-after'],
    }),
  ]);
  const preflight = routesOf(open).filter(({ RouteKey }) => RouteKey === 'OPTIONS /{proxy+}');
  expect(preflight).toEqual([{ RouteKey: 'OPTIONS /{proxy+}', AuthorizationType: 'NONE' }]);
});

test('its address is an output', () => {
  templates.iam.hasOutput('ApiUrl', {});
});
