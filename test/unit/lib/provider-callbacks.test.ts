import { Match } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { actionsOf, changedStage, resourcesOf, stage, templateOf } from '../../support/synth.ts';

const Route = z.object({ RouteKey: z.string(), AuthorizationType: z.string() });
const routesOf = (template: ReturnType<typeof templateOf>) =>
  [...resourcesOf(template, 'AWS::ApiGatewayV2::Route', Route).values()].filter(({ RouteKey }) =>
    RouteKey.includes('callback'),
  );

const calling = templateOf(
  changedStage('dev', (settings) => {
    settings.providers = {
      'some-relay': {
        dialect: 'openai-video',
        submitBaseUrl: 'https://relay.example',
        models: ['veo-3.1-fast-generate-preview'],
        callbacks: 'standard-webhooks',
      },
      gptproto: { dialect: 'gptproto', submitBaseUrl: 'https://example.com', models: ['veo3.1-fast'] },
    };
  }),
);

test.each(['dev', 'prod', 'local'])('no provider may call back in %s: there is nothing to call', (name) => {
  const template = templateOf(stage(name));
  expect(routesOf(template)).toEqual([]);
  expect(JSON.stringify(template.toJSON())).not.toMatch(/callback/i);
});

test('where one may, the route is open, and the function behind it can start jobs again and order nothing', () => {
  expect(routesOf(calling)).toEqual([{ RouteKey: 'POST /callbacks/{provider}', AuthorizationType: 'NONE' }]);
  expect(actionsOf(calling, 'ProviderCallbacksReceiveCallbackRole')).toEqual([
    'dynamodb:ConditionCheckItem',
    'dynamodb:GetItem',
    'dynamodb:PutItem',
    'dynamodb:Query',
    'dynamodb:UpdateItem',
    'secretsmanager:GetSecretValue',
    'states:StartExecution',
    'states:StopExecution',
  ]);
});

test('only that provider has a secret for it, which a person fills', () => {
  const secrets = Object.entries(calling.findResources('AWS::SecretsManager::Secret'));
  const ours = secrets.filter(([id]) => id.startsWith('ProviderCallbacks'));
  expect(ours.map(([id]) => id)).toEqual([expect.stringMatching(/^ProviderCallbacksSecretssomerelay/)]);
  expect(Object.keys(ours[0]?.[1].Properties)).toEqual(['Description']);
  calling.hasOutput('CallbackSecretArnSomeRelay', {});
  calling.hasOutput('CallbackUrl', { Value: Match.anyValue() });
});
