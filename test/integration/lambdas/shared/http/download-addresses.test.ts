import { AddressRefused, TransportError } from '../../../../../core/kernel/errors.ts';
import { ownOriginsOnly } from '../../../../../lambdas/shared/providers/provider-client.ts';
import {
  allClosed,
  closeServers,
  errorOf,
  resolvesTo,
  serve,
  serveTls,
} from '../../../../support/loopback.ts';
import { allow, open, readAll, VIDEO } from './download-builder.ts';

afterEach(closeServers);

describe('redirects', () => {
  const redirectTo = (location: string, status = 302) =>
    serve((_request, response) => response.writeHead(status, { location }).end('moved'));

  it.each([301, 302, 303, 307, 308])('%d is followed by hand, relative ones too', async (status) => {
    const server = await serve((request, response) => {
      if (request.url === '/here') response.writeHead(status, { location: 'there?a=b' }).end();
      else response.end(VIDEO);
    });
    const { body } = await open(`${server.origin}/here`, allow(server));
    expect((await readAll(body)).length).toBe(VIDEO.length);
    expect(server.seen).toEqual(['/here', '/there?a=b']);
    await allClosed(server);
  });

  it('in a circle ends', async () => {
    const server = await redirectTo('/again');
    expect(await errorOf(open(server.origin, allow(server)))).toBeInstanceOf(TransportError);
    expect(server.seen).toHaveLength(6);
    await allClosed(server);
  });

  it.each([
    ['nowhere', undefined],
    ['to something that is no address', 'http://['],
  ])('%s', async (_what, location) => {
    const server = await serve((_request, response) =>
      response.writeHead(302, location === undefined ? {} : { location }).end(),
    );
    expect(await errorOf(open(server.origin, allow(server)))).toBeInstanceOf(TransportError);
    await allClosed(server);
  });

  it.each([
    'http://127.0.0.1',
    'https://127.0.0.1',
    'https://localhost',
    'https://2130706433',
    'https://[::1]',
  ])('to another server of ours (%s) is refused, and nothing is heard there', async (host) => {
    const canary = await serve((_request, response) => response.end(VIDEO));
    const server = await redirectTo(`${host}:${canary.port}/v.mp4`);
    expect(await errorOf(open(server.origin, allow(server)))).toBeInstanceOf(AddressRefused);
    expect(canary.seen).toEqual([]);
    expect(canary.sockets.size).toBe(0);
    await allClosed(server);
  });

  it.each(['file:///etc/passwd', 'data:video/mp4;base64,AAAA', 'ftp://127.0.0.1/'])(
    'to %s is refused',
    async (location) => {
      const server = await redirectTo(location);
      expect(await errorOf(open(server.origin, allow(server)))).toBeInstanceOf(AddressRefused);
    },
  );

  it('do not carry a key to another origin', async () => {
    const keys: unknown[] = [];
    const second = await serve((request, response) => {
      keys.push(request.headers['x-goog-api-key'], request.headers.authorization);
      response.end(VIDEO);
    });
    const first = await serve((request, response) => {
      keys.push(request.headers['x-goog-api-key'], request.headers.authorization);
      response.writeHead(302, { location: `${second.origin}/v.mp4` }).end();
    });
    const download = await open(first.origin, allow(first, second), {
      headersFor: (origin) =>
        origin === first.origin ? { 'x-goog-api-key': 'key', authorization: 'key' } : undefined,
    });
    expect(download.finalUrlOrigin).toBe(second.origin);
    await readAll(download.body);
    expect(keys).toEqual(['key', 'key', undefined, undefined]);
  });

  it.each([
    ['to its own poll address, with the key', true, 'key'],
    ['elsewhere, without it', false, undefined],
  ])('of a provider: %s', async (_what, isOwn, key) => {
    const keys: unknown[] = [];
    const second = await serve((request, response) => {
      keys.push(request.headers['x-goog-api-key']);
      response.end(VIDEO);
    });
    const first = await redirectTo(`${second.origin}/v.mp4`);
    const settings = { submitBaseUrl: `${first.origin}/v1`, ...(isOwn && { pollBaseUrl: second.origin }) };
    const download = await open(first.origin, allow(first, second), {
      headersFor: ownOriginsOnly(settings, { 'x-goog-api-key': 'key' }),
    });
    await readAll(download.body);
    expect(keys).toEqual([key]);
  });

  it('are bound by the allowed origins too', async () => {
    const second = await serve((_request, response) => response.end(VIDEO));
    const first = await redirectTo(second.origin);
    const policy = { ...allow(first, second), allowedOrigins: [first.origin] };
    expect(await errorOf(open(first.origin, policy))).toBeInstanceOf(AddressRefused);
    expect(second.seen).toEqual([]);
  });
});

it('only https is fetched from a public address', async () => {
  const error = await errorOf(open('http://example.com/v.mp4', { privateOrigins: [] }));
  expect(error).toBeInstanceOf(AddressRefused);
});

it('a name that resolves to loopback is refused at connect', async () => {
  const canary = await serveTls((_request, response) => response.end(VIDEO));
  for (const options of [{}, { lookup: resolvesTo('127.0.0.1') }]) {
    const url = `https://localhost:${canary.port}/v.mp4`;
    expect(await errorOf(open(url, { privateOrigins: [] }, options))).toBeInstanceOf(AddressRefused);
  }
  expect(canary.sockets.size).toBe(0);
});
