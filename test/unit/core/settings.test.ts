import { ProviderSettings } from '../../../core/settings.ts';

const check = (settings: object) =>
  ProviderSettings.safeParse({ submitBaseUrl: 'https://gateway.example', models: ['m'], ...settings });

it.each([
  { dialect: 'gptproto' },
  { dialect: 'gptproto', options: { keyStyle: 'bearer' } },
  { dialect: 'gptproto', maxInFlight: 20, submitsPerMinute: 60 },
  { dialect: 'gemini' },
  { dialect: 'gemini', options: { durationType: 'string' } },
  { dialect: 'openai-video' },
  { dialect: 'openai-video', options: { cancel: { method: 'DELETE', path: '/v1/videos/{id}' } } },
  { dialect: 'openai-video', options: { submitForm: 'multipart', pollPath: 'generations' } },
  {
    dialect: 'openai-video',
    options: { imageEncoding: 'url', durationField: 'duration', sizeStyle: 'name' },
  },
])('%j is a provider, and still one when it was read and written', (settings) => {
  const checked = check(settings);
  expect(checked.error).toBeUndefined();
  expect(ProviderSettings.parse(JSON.parse(JSON.stringify(checked.data)))).toEqual(checked.data);
});

it.each([
  [{ dialect: 'gptproto', options: { durationType: 'string' } }, 'options'],
  [{ dialect: 'gemini', options: { submitForm: 'json' } }, 'options'],
  [{ dialect: 'gemini', options: { durationType: 'float' } }, 'options.durationType'],
  [{ dialect: 'gemini', options: [] }, 'options'],
  [{ dialect: 'openai-video', options: { pollPath: 'predictions' } }, 'options.pollPath'],
  [
    { dialect: 'openai-video', options: { submitForm: 'multipart', imageEncoding: 'url' } },
    'options.imageEncoding',
  ],
  [
    { dialect: 'openai-video', options: { submitForm: 'multipart', durationType: 'number' } },
    'options.durationType',
  ],
  ...[
    'v1/{id}',
    '/v1/cancel',
    '/{id}/{id}',
    '/v1/../{id}',
    '/v1/{id}?x=1',
    'https://evil.example/{id}',
    '//evil.example/{id}',
    '/{id}x',
  ].map((path): [object, string] => [
    { dialect: 'openai-video', options: { cancel: { method: 'POST', path } } },
    'options.cancel.path',
  ]),
  [
    { dialect: 'openai-video', options: { cancel: { method: 'PUT', path: '/v1/{id}' } } },
    'options.cancel.method',
  ],
  [{ dialect: 'gptproto', options: { keyStyle: 'basic' } }, 'options.keyStyle'],
  [{ dialect: 'gemini', options: { keyStyle: 'bearer' } }, 'options'],
])('%j is a mistake at %s', (settings, path) => {
  expect(check(settings).error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
});
