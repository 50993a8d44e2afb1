import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { RunningGateway } from '../../../simulator/server.ts';
import { key, start } from './support.ts';

// The gateway listens on a known port with a known key: a web page that a developer visits must not use it.

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await start();
});
afterAll(() => gateway.close());

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const send = (
  { method = 'GET', path = '/_gateway/ledger', headers = {}, body }: Sent,
  { url }: Pick<RunningGateway, 'url'> = gateway,
) =>
  new Promise<number>((resolve, reject) => {
    const sent = request(url + path, { method, headers, agent: false }, (response) => {
      text(response).then(() => resolve(response.statusCode ?? 0), reject);
    });
    sent.once('error', reject).end(body);
  });

const evil = 'https://attacker.example';
const crossSite = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
const navigation = { ...crossSite, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
const json = { authorization: key, 'content-type': 'application/json' };
const submit = {
  method: 'POST',
  path: '/api/v3/google/veo3.1-fast/text-to-video',
  body: '{"prompt":"A boat"}',
};
const script = { method: 'POST', path: '/_gateway/script', body: '{"faults":["429"]}' };

test.each<[string, Sent]>([
  ['reads the ledger', { headers: { origin: evil } }],
  ['reads it from another port', { headers: { origin: 'http://127.0.0.1:3000' } }],
  ['reads it from a frame without an origin', { headers: { origin: 'null' } }],
  ['clears it', { method: 'DELETE', headers: { origin: evil } }],
  ['adds a fault', { ...script, headers: { ...json, origin: evil } }],
  ['submits', { ...submit, headers: { ...json, origin: evil } }],
  ['submits by a form', { ...submit, headers: { origin: evil, 'content-type': 'text/plain' } }],
  [
    'asks for leave',
    { method: 'OPTIONS', headers: { origin: evil, 'access-control-request-method': 'DELETE' } },
  ],
  ['shows a picture from here', { headers: crossSite }],
  ['shows one in a frame', { headers: { ...navigation, 'sec-fetch-dest': 'iframe' } }],
  ['submits by a navigation', { ...submit, headers: { ...json, ...navigation } }],
  ['rebinds its name', { headers: { host: 'attacker.example' } }],
  ['rebinds a name with ours in it', { headers: { host: '127.0.0.1.attacker.example' } }],
])('a page that %s is refused', async (_, sent) => {
  const before = gateway.ledger().submitLog.length;
  expect(await send(sent)).toBe(403);
  expect(gateway.ledger().submitLog).toHaveLength(before);
});

test.each<[string, Sent]>([
  ['a program', {}],
  ['a program that says localhost', { headers: { host: 'localhost:4600' } }],
  ['a link', { headers: navigation }],
  ['the address line', { headers: { ...navigation, 'sec-fetch-site': 'none' } }],
])('%s is let through', async (_, sent) => {
  expect(await send(sent)).toBe(200);
});

test('behind a proxy it answers to its public name too, and on all addresses to numbers', async () => {
  const behind = await start({ publicUrl: 'https://gateway.example', host: '0.0.0.0' });
  try {
    const at = { url: `http://127.0.0.1:${behind.port}` };
    for (const host of ['gateway.example', '192.0.2.7:4600', '[2001:db8::1]'])
      expect([host, await send({ headers: { host } }, at)]).toEqual([host, 200]);
    for (const host of ['attacker.example', 'gateway.example.attacker.example'])
      expect([host, await send({ headers: { host } }, at)]).toEqual([host, 403]);
  } finally {
    await behind.close();
  }
});

test('a number of another network is refused where it listens on this machine only', async () => {
  expect(await send({ headers: { host: '192.0.2.7:4600' } })).toBe(403);
});
