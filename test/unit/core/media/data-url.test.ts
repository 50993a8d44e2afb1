import fc from 'fast-check';
import { InvalidVideo } from '../../../../core/kernel/errors.ts';
import { isDataUrl, readDataUrl } from '../../../../core/media/data-url.ts';

const decode = (url: string) => {
  const { mediaType, bytes, slices } = readDataUrl(url);
  return { mediaType, bytes, content: Buffer.concat([...slices]) };
};

it.each([
  ['as it is written', 'data:video/mp4;base64,AAECAw=='],
  ['without padding', 'data:video/mp4;base64,AAECAw'],
  ['in lines', 'data:video/mp4;base64,AAEC\r\nAw==\n'],
  ['escaped', 'data:video/mp4;base64,AAECAw%3D%3d'],
  ['with parameters', 'data:video/mp4;codecs="avc1";base64,AAECAw=='],
  ['in capitals', 'DATA:video/mp4;BASE64,AAECAw=='],
])('is read %s', (_what, url) => {
  expect(isDataUrl(url)).toBe(true);
  expect(decode(url)).toEqual({ mediaType: 'video/mp4', bytes: 4, content: Buffer.from([0, 1, 2, 3]) });
});

it('any bytes come back whole, in slices, with the length that was told before', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 2_000 }),
      fc.constantFrom(1, 7, 300),
      fc.constantFrom('base64', 'base64url'),
      (bytes, times, alphabet) => {
        const content = Buffer.concat(Array.from({ length: times }, () => bytes));
        const read = decode(`data:;base64,${content.toString(alphabet as BufferEncoding)}`);
        expect(read.bytes).toBe(content.length);
        expect(read.content.equals(content)).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
  const large = Buffer.alloc(1_000_000, 'video');
  const slices = [...readDataUrl(`data:video/mp4;base64,${large.toString('base64')}`).slices];
  expect(slices.length).toBeGreaterThan(3);
  expect(Buffer.concat(slices).equals(large)).toBe(true);
});

it.each([
  ['no base64', 'data:video/mp4,hello'],
  ['no comma', `data:video/mp4;base64${'A'.repeat(1_000)}`],
  ['a long head', `data:video/mp4;${'x'.repeat(1_000)};base64,AAAA`],
  ['characters that are none', 'data:video/mp4;base64,AA{}CAw='],
  ['padding inside', 'data:video/mp4;base64,AA==AAAA'],
  ['cut in a character', 'data:video/mp4;base64,AAECA'],
])('%s is no video', (_what, url) => {
  expect(() => decode(url)).toThrow(InvalidVideo);
});
