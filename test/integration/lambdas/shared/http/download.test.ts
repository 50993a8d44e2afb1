import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { TransportError } from '../../../../../core/kernel/errors.ts';
import { DownloadRefused } from '../../../../../lambdas/shared/http/download.ts';
import { certificate } from '../../../../support/certificate.ts';
import { freePort } from '../../../../support/free-port.ts';
import {
  allClosed,
  closeServers,
  errorOf,
  resolvesTo,
  serve,
  serveTcp,
  serveTls,
} from '../../../../support/loopback.ts';
import { allow, expectCut, open, readAll, SLOWEST, VIDEO } from './download-builder.ts';

afterEach(closeServers);

describe('a good source', () => {
  it('is read whole, with what it declares', async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': VIDEO.length }).end(VIDEO),
    );
    const download = await open(`${server.origin}/v.mp4?sig=1`, allow(server));
    expect(download).toMatchObject({
      status: 200,
      contentType: 'video/mp4',
      contentLength: VIDEO.length,
      finalUrlOrigin: server.origin,
    });
    expect((await readAll(download.body)).equals(VIDEO)).toBe(true);
    expect(server.seen).toEqual(['/v.mp4?sig=1']);
    await allClosed(server);
  });

  it('may declare no length', async () => {
    const server = await serve((_request, response) => {
      response.write(VIDEO);
      response.end();
    });
    const download = await open(server.origin, allow(server));
    expect(download.contentLength).toBeUndefined();
    expect((await readAll(download.body)).length).toBe(VIDEO.length);
  });

  it('waits for a slow reader, without filling the memory', async () => {
    const server = await serve((_request, response) => response.end(VIDEO));
    const { body } = await open(server.origin, allow(server), { slowest: SLOWEST });
    let length = 0;
    for await (const chunk of body) {
      if (length === 0) await sleep(SLOWEST.inMs * 3);
      length += chunk.length;
      expect(body.readableLength).toBeLessThan(500_000);
    }
    expect(length).toBe(VIDEO.length);
  });

  it('is unpacked when it comes packed, and its length is then unknown', async () => {
    const packed = gzipSync(VIDEO);
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed),
    );
    const download = await open(server.origin, allow(server));
    expect(download.contentLength).toBeUndefined();
    expect((await readAll(download.body)).equals(VIDEO)).toBe(true);
  });

  it('comes over TLS', async () => {
    const server = await serveTls((_request, response) => response.end(VIDEO));
    const origin = `https://gateway.test:${server.port}`;
    const { body } = await open(origin, allow({ origin }), {
      lookup: resolvesTo('127.0.0.1'),
      ca: certificate.cert,
    });
    expect((await readAll(body)).length).toBe(VIDEO.length);
  });
});

describe('a bad source fails the body', () => {
  it.each([
    ['cut short of its length', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc'],
    ['cut before the first byte', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n'],
    ['cut in a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab'],
    ['cut between chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n'],
  ])('%s', async (_what, answer) => {
    const server = await serveTcp((socket) => socket.once('data', () => socket.end(answer)));
    await expectCut(await open(server.origin, allow(server)));
    await allClosed(server);
  });

  it('reset in the middle', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('abc');
      setTimeout(() => response.socket?.resetAndDestroy(), 20);
    });
    await expectCut(await open(server.origin, allow(server)));
  });

  it('also when it failed before anybody read', async () => {
    const server = await serveTcp((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc')),
    );
    const download = await open(server.origin, allow(server));
    download.body.read(0);
    await sleep(50);
    await expectCut(download);
  });

  it('dripping', async () => {
    const server = await serve((_request, response) => {
      const drip = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(drip));
    });
    await expectCut(await open(server.origin, allow(server), { slowest: SLOWEST }));
    await allClosed(server);
  });

  it('fast at first, then silent', async () => {
    const server = await serve((_request, response) => response.write(VIDEO));
    await expectCut(await open(server.origin, allow(server), { slowest: SLOWEST }));
    await allClosed(server);
  });

  it('longer than allowed, packed or not', async () => {
    const plain = await serve((_request, response) => response.end(VIDEO));
    await expectCut(await open(plain.origin, allow(plain), { maxBytes: 1_000_000 }));
    const packed = gzipSync(Buffer.alloc(50_000_000));
    const bomb = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed),
    );
    await expectCut(await open(bomb.origin, allow(bomb), { maxBytes: 1_000_000 }));
    await allClosed(plain);
    await allClosed(bomb);
  });

  it('packed, but broken', async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(VIDEO).subarray(0, -20)),
    );
    await expectCut(await open(server.origin, allow(server)));
    await allClosed(server);
  });
});

describe('giving up', () => {
  it('by signal, while reading', async () => {
    const server = await serve((_request, response) => response.write(VIDEO));
    const controller = new AbortController();
    const download = await open(server.origin, allow(server), { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expectCut(download);
    await allClosed(server);
  });

  it('by signal, before the answer and before the start', async () => {
    const server = await serve(() => {});
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const { signal } = controller;
    expect(await errorOf(open(server.origin, allow(server), { signal }))).toBeInstanceOf(TransportError);
    expect(await errorOf(open(server.origin, allow(server), { signal }))).toBeInstanceOf(TransportError);
    await allClosed(server);
  });

  it('by the reader, who destroys the body, packed or not', async () => {
    for (const headers of [{}, { 'content-encoding': 'gzip' }]) {
      const server = await serve((_request, response) => response.writeHead(200, headers).write(VIDEO));
      (await open(server.origin, allow(server))).body.destroy();
      await allClosed(server);
    }
  });

  it('on a source that never answers', async () => {
    const server = await serve(() => {});
    expect(await errorOf(open(server.origin, allow(server), { slowest: SLOWEST }))).toMatchObject({
      name: 'TransportError',
      sent: true,
    });
    await allClosed(server);
  });

  it('on a source that is not there', async () => {
    const origin = `http://127.0.0.1:${await freePort()}`;
    expect(await errorOf(open(origin, allow({ origin })))).toMatchObject({
      name: 'TransportError',
      sent: false,
    });
  });
});

describe('refused by the source', () => {
  it.each([
    [401, true],
    [403, true],
    [404, true],
    [410, true],
    [400, false],
    [429, false],
    [500, false],
    [503, false],
  ])('%d', async (status, stale) => {
    const server = await serve((_request, response) => response.writeHead(status).end('<html>'));
    const error = await errorOf(open(`${server.origin}/v?X-Amz-Signature=abc`, allow(server)));
    expect(error).toBeInstanceOf(DownloadRefused);
    expect(error).toMatchObject({ name: 'DownloadRefused', status, stale });
    expect(String(error)).not.toContain('Signature');
    await allClosed(server);
  });
});

it('lets go of an answer that is of no use, though the source goes on sending it', async () => {
  for (const status of [302, 404, 503]) {
    const server = await serve((_request, response) => response.writeHead(status).write('<html>'));
    await errorOf(open(server.origin, allow(server)));
    await allClosed(server);
  }
});
