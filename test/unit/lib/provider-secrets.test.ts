import { Match } from 'aws-cdk-lib/assertions';
import { Env } from '../../../core/kernel/contract.ts';
import { changedStage, stage, templateOf } from '../../support/synth.ts';

const template = templateOf(stage('dev'));
const ofProviders = (of: typeof template) =>
  Object.entries(of.findResources('AWS::SecretsManager::Secret')).filter(([id]) =>
    id.startsWith('ProviderSecrets'),
  );

test('a secret is made without a value: nothing random is ever sent to a provider as a key', () => {
  const secrets = ofProviders(template);
  expect(secrets).toHaveLength(1);
  for (const [, { Properties }] of secrets) expect(Object.keys(Properties)).toEqual(['Description']);
});

test('the functions that ask providers, and no others, know which secret holds whose key', () => {
  const knowing = template.findResources('AWS::Lambda::Function', {
    Properties: { Environment: { Variables: { [Env.providerSecrets]: Match.anyValue() } } },
  });
  expect(Object.values(knowing).map(({ Properties }) => Properties.Code.ZipFile)).toEqual([
    '// submit-job',
    '// check-job',
    '// store-video',
  ]);
  for (const { Properties } of Object.values(knowing)) {
    expect(Properties.Environment.Variables[Env.providerSecrets]).toEqual({
      'Fn::Join': [
        '',
        ['{"gptproto":"', { 'Fn::GetAtt': [expect.stringMatching(/^ProviderSecretsgptproto/), 'Id'] }, '"}'],
      ],
    });
  }
});

test('each provider has a secret of its own', () => {
  const config = changedStage('dev', (settings) => {
    const provider = { dialect: 'gptproto', submitBaseUrl: 'https://example.com', models: ['veo3.1-fast'] };
    settings.providers = { gptproto: provider, 'second-gateway': provider };
  });
  expect(ofProviders(templateOf(config))).toHaveLength(2);
});
