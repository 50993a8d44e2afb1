import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { VerifiedVideo } from '../../../../../lambdas/shared/storage/verified-video.ts';

const video = readFileSync(join(__dirname, '../../../../fixtures/video/audio-video.mp4'));

const inChunks = async function* (bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
};

/** What comes out, whether or not it ends well. */
const letThrough = async (verified: VerifiedVideo): Promise<{ out: Buffer; error?: unknown }> => {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of verified) chunks.push(chunk);
    return { out: Buffer.concat(chunks) };
  } catch (error) {
    return { out: Buffer.concat(chunks), error };
  }
};

const chunkSize = fc.integer({ min: 1, max: 4096 });

it('lets a whole video through unchanged, and says what it is', async () => {
  await fc.assert(
    fc.asyncProperty(chunkSize, async (size) => {
      const verified = new VerifiedVideo(inChunks(video, size), video.length);
      const { out, error } = await letThrough(verified);
      expect(error).toBeUndefined();
      expect(out).toEqual(video);
      expect(verified.facts).toMatchObject({
        bytes: video.length,
        sha256: createHash('sha256').update(video).digest('hex'),
      });
    }),
    { numRuns: 20 },
  );
});

it('never hands on the last bytes of what is not whole, so that a PUT of that length cannot end', async () => {
  await fc.assert(
    fc.asyncProperty(chunkSize, fc.integer({ min: 1, max: video.length - 1 }), async (size, length) => {
      const cut = video.subarray(0, length);
      const { out, error } = await letThrough(new VerifiedVideo(inChunks(cut, size), length));
      expect(error).toMatchObject({ name: 'InvalidVideo' });
      expect(out.length).toBeLessThan(length);
    }),
    { numRuns: 60 },
  );
});

it('refuses another length than the declared one, before the last bytes', async () => {
  const { out, error } = await letThrough(new VerifiedVideo(inChunks(video, 1000), video.length + 1));
  expect(error).toMatchObject({ name: 'InvalidVideo' });
  expect(out.length).toBeLessThan(video.length);
});

it('has no facts of a video that was not read to its end', () => {
  expect(() => new VerifiedVideo(inChunks(video, 1000)).facts).toThrow('not read to its end');
});
