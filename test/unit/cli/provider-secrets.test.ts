import { CliError } from '../../../cli/errors.ts';
import { providerSecretArns, secretArnOf } from '../../../cli/provider-secrets.ts';

const stackWith = (outputs: Record<string, string>) => ({ name: 'startframe-dev', outputs });
const deployed = stackWith({
  SecretArnsByProvider: JSON.stringify({ 'openai-video': 'arn:1', 'relay-2': 'arn:2' }),
  ProviderSecretArnOpenaiVideo: 'arn:1',
  ProviderSecretArnRelay2: 'arn:2',
});

test('a key goes to the provider with exactly this id, never to one that is named almost the same', () => {
  expect(secretArnOf(deployed, 'openai-video')).toBe('arn:1');
  expect(secretArnOf(deployed, 'relay-2')).toBe('arn:2');
  for (const id of ['openaivideo', 'OpenaiVideo', 'openai-Video', 'relay2', 'relay-', ''])
    expect(() => secretArnOf(deployed, id)).toThrow(CliError);
  expect(() => secretArnOf(deployed, 'relay2')).toThrow(
    'startframe-dev has no provider relay2; it has openai-video, relay-2.',
  );
});

test('a stack of 0.1.0 says the ids in the names of its outputs', () => {
  const old = stackWith({ ProviderSecretArnOpenaiVideo: 'arn:1', ProviderSecretArnGptproto: 'arn:2' });
  expect(providerSecretArns(old)).toEqual(
    new Map([
      ['openai-video', 'arn:1'],
      ['gptproto', 'arn:2'],
    ]),
  );
  expect(() => secretArnOf(old, 'openaivideo')).toThrow(CliError);
});
