import { hostOfWebhook, WebhookSettings, webhookProblem } from '../../../../core/webhooks/settings.ts';

const settings = WebhookSettings.parse({});

test('the endings and what waits for a person are told, and nothing private is called', () => {
  expect(settings).toEqual({
    events: ['Video Job Succeeded', 'Video Job Failed', 'Video Job Cancelled', 'Video Job Needs Attention'],
    allowPrivateAddresses: false,
  });
});

test.each([
  'https://shop.example/hook',
  'https://shop.example:8443/hook?token=abc',
  'https://93.184.215.14/',
  'https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/',
])('%s may be told', (url) => expect(webhookProblem(url, settings)).toBeUndefined());

test.each([
  'http://shop.example/hook',
  'ftp://shop.example/',
  'shop.example/hook',
  '',
  'https://',
  'https://ann:secret@shop.example/',
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://[::1]/',
  'https://[::ffff:169.254.169.254]/',
  'https://169.254.169.254/latest',
  'https://10.0.0.1/',
  'https://shop.example:22/',
  'https://shop.example/\nhook',
  ' https://shop.example/',
  `https://shop.example/${'x'.repeat(2048)}`,
])('%j is refused, and not repeated', (url) => {
  const problem = webhookProblem(url, settings);
  expect(problem).toMatchObject({ field: 'webhookUrl', value: '' });
  expect(problem?.message).not.toContain('secret');
  expect(problem?.message.length).toBeLessThan(250);
});

test('on the local cloud this machine may be told', () => {
  const local = { allowPrivateAddresses: true };
  expect(webhookProblem('http://127.0.0.1:3000/hook', local)).toBeUndefined();
  expect(webhookProblem('ftp://127.0.0.1/', local)).toBeDefined();
});

test('of a receiver anybody may see the host', () =>
  expect(hostOfWebhook('https://shop.example:8443/secret/path?token=abc')).toBe('shop.example:8443'));
