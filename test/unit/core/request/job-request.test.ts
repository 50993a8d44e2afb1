import { CreateJobRequest, JobRequestBody } from '../../../../core/request/job-request.ts';

const frame = { url: 'https://pictures.example/shoe.png' };
const accepts = (body: unknown) => JobRequestBody.safeParse(body).success;

describe('a frame', () => {
  it.each([
    [{ key: 'uploads/o/1-a.png' }],
    [{ url: 'https://a.example/b?c=d' }],
    [{ s3Uri: 's3://bucket/a/b.png' }],
  ])('%j is one, and stays as it is', (name) => {
    const media = { frame: name, lastFrame: name, referenceFrames: [name] };
    expect(JobRequestBody.parse(media)).toEqual({ ...media, metadata: {} });
  });

  it.each([
    ['two names', { key: 'a', url: 'https://a.example/b' }],
    ['no name', {}],
    ['an address that is none of the web', { url: 'ftp://a.example/b' }],
    ['an address of two words', { url: 'https://a.example/b c' }],
    ['a long address', { url: `https://a.example/${'x'.repeat(2048)}` }],
  ])('with %s is none', (_, name) => {
    expect(accepts({ frame: name })).toBe(false);
  });
});

describe('metadata', () => {
  it.each([
    ['lines and emoji', { note: 'one\n\ttwo 👩‍🎨' }, true],
    ['a control character', { note: 'a\u0000b' }, false],
    ['a control character in a name', { 'a\u007f': 'b' }, false],
    ['half a character', { note: '\udc00' }, false],
    ['no name', { '': 'b' }, false],
    ['something that is no text', { a: 1 }, false],
  ])('of %s: %j', (_, metadata, isFine) => {
    expect(accepts({ frame, metadata })).toBe(isFine);
  });

  it('may have 2,048 bytes of UTF-8 with its names, and not one more', () => {
    const of = (last: number) => ({ a: 'x'.repeat(1000), b: 'é'.repeat(500), c: 'x'.repeat(last) });
    expect(accepts({ frame, metadata: of(45) })).toBe(true);
    expect(accepts({ frame, metadata: of(46) })).toBe(false);
  });
});

it('only a job request by itself may be a dry run: nobody would see its answer among others', () => {
  expect(CreateJobRequest.parse({ prompt: 'A', dryRun: true })).toMatchObject({ dryRun: true });
  expect(accepts({ prompt: 'A', dryRun: true })).toBe(false);
  expect(CreateJobRequest.safeParse({ prompt: 'A', colour: 'red' }).success).toBe(false);
});
