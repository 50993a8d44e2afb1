import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gateway, setUpGateway } from './gateway-builder.ts';
import { accept, bodyOf, done, post, urisOf, withKey } from './gemini-builder.ts';
import { startFiles, watch } from './support.ts';

setUpGateway();

describe('an extension', () => {
  const extend = async (uri: string) => {
    await accept({ instance: { prompt: 'x [[fault:wrong-length(1s)]]', video: { uri } } });
    return gateway.ledger().tasks.at(-1);
  };
  /** The header of a film of this many seconds. The gateway reads no more before it extends it. */
  const headerOf = (seconds: number, version: 0 | 1 = 0) => {
    const box = Buffer.alloc(64);
    box.write('ftyp', 4, 'latin1');
    box.write('mvhd', 12, 'latin1');
    box.writeUInt8(version, 16);
    if (version === 0) box.writeUInt32BE(90_000, 28);
    else box.writeUInt32BE(90_000, 36);
    if (version === 0) box.writeUInt32BE(90_000 * seconds, 32);
    else box.writeBigUInt64BE(BigInt(90_000 * seconds), 40);
    return box;
  };

  test('of one of its own videos downloads nothing, and adds 7 s', async () => {
    const { name } = await accept({ instance: { prompt: 'x' }, parameters: { durationSeconds: 4 } });
    const [uri = ''] = urisOf(await done(name));
    const longer = await accept({ instance: { video: { uri } } });
    const [longerUri = ''] = urisOf(await done(longer.name));
    expect(gateway.ledger().downloads).toBe(0);
    const bytes = Buffer.from(await (await fetch(longerUri, { headers: withKey })).arrayBuffer());
    expect(await watch(bytes)).toMatchObject({ size: '1280x720', seconds: 11 });
    expect(gateway.ledger().tasks.at(-1)).toMatchObject({
      scene: 'video-to-video',
      samplePriceMicros: 700_000,
      frameSha256: [],
    });
    const gone = uri.replace(/files\/.{4}/, 'files/0000');
    expect((await post(bodyOf({ instance: { video: { uri: gone } } }))).status).toBe(400);
  });

  test('of Cloud Storage counts as 8 s', async () => {
    const { name } = await accept({ instance: { prompt: 'x', video: { uri: 'gs://bucket/film.mp4' } } });
    const [uri = ''] = urisOf(await done(name));
    const bytes = Buffer.from(await (await fetch(uri, { headers: withKey })).arrayBuffer());
    expect(await watch(bytes)).toMatchObject({ seconds: 15 });
  });

  test('ends at 148 s, in both forms of the header', async () => {
    const files = await startFiles({
      '/141': headerOf(141),
      '/142': headerOf(142),
      '/141-long': headerOf(141, 1),
      '/142-long': headerOf(142, 1),
    });
    try {
      for (const form of ['', '-long']) {
        expect(await extend(`${files.url}/141${form}`)).toMatchObject({ scene: 'video-to-video' });
        const tooLong = await post(bodyOf({ instance: { video: { uri: `${files.url}/142${form}` } } }));
        expect(await tooLong.text()).toContain('is longer than 141 s');
      }
    } finally {
      await files.close();
    }
  });

  test.each([
    ['fragmented.mp4', 200],
    ['moov-last.mp4', 200],
    ['quicktime.mov', 400],
  ])('of %s: %d', async (name, status) => {
    const file = await readFile(join(import.meta.dirname, '../../fixtures/video', name));
    const files = await startFiles({ '/film': file });
    try {
      const prompt = 'x [[fault:empty]]';
      const response = await post(bodyOf({ instance: { prompt, video: { uri: `${files.url}/film` } } }));
      expect(response.status).toBe(status);
    } finally {
      await files.close();
    }
  });

  test('of what only looks like a film fails, and is refunded', async () => {
    const files = await startFiles({ '/film.mp4': headerOf(2) });
    try {
      const { name } = await accept({ instance: { video: { uri: `${files.url}/film.mp4` } } });
      expect((await done(name)).error?.message).toContain('could not be rendered');
      expect(gateway.ledger().chargedMicros).toBe(0);
    } finally {
      await files.close();
    }
  });
});
