import { gateway, pictures, setUpGateway } from './gateway-builder.ts';
import { bodyOf, ErrorBody, image, post, reference } from './gemini-builder.ts';

setUpGateway();

describe('a refused submit says what is wrong in the words of Google, and is free', () => {
  const rows: [what: string, names: string, instance: object, parameters?: object][] = [
    ['no prompt', 'instances.0.prompt', { prompt: undefined }],
    ['an empty prompt', 'instances.0.prompt', { prompt: ' ' }],
    ['inlineData', 'instances.0.image.inlineData', { image: { inlineData: { data: 'x' } } }],
    ['a picture without bytes', 'instances.0.image', { image: { mimeType: 'image/png' } }],
    ['bytes and an address', 'instances.0.image', { image: { ...image, uri: 'http://127.0.0.1:9/' } }],
    ['bytes of no type', 'instances.0.image.mimeType', { image: { ...image, mimeType: undefined } }],
    ['bytes of another type', 'instances.0.image.mimeType', { image: { ...image, mimeType: 'image/gif' } }],
    [
      'a data URI',
      'instances.0.image.bytesBase64Encoded',
      { image: { ...image, bytesBase64Encoded: `data:image/jpeg;base64,${image.bytesBase64Encoded}` } },
    ],
    [
      'bytes that are no picture',
      'instances.0.image.bytesBase64Encoded',
      { image: { ...image, bytesBase64Encoded: 'AAAA' } },
    ],
    ['an address of Cloud Storage', 'instances.0.image.uri', { image: { uri: 'gs://bucket/frame.png' } }],
    ['a last frame alone', 'instances.0.lastFrame', { lastFrame: image }],
    ['four references', 'instances.0.referenceImages', { referenceImages: Array(4).fill(reference) }],
    ['references with an image', 'instances.0.referenceImages', { referenceImages: [reference], image }],
    [
      'references with a last frame',
      'instances.0.lastFrame',
      { referenceImages: [reference], lastFrame: image },
    ],
    [
      'references of 4 s',
      'parameters.durationSeconds',
      { referenceImages: [reference] },
      { durationSeconds: 4 },
    ],
    [
      'a style reference',
      'instances.0.referenceImages.0.referenceType',
      { referenceImages: [{ image, referenceType: 'style' }] },
    ],
    ['no reference', 'instances.0.referenceImages', { referenceImages: [] }],
    [
      'anyone with a reference',
      'parameters.personGeneration',
      { referenceImages: [reference] },
      { personGeneration: 'allow_all' },
    ],
    ['a video with an image', 'instances.0.video', { video: { uri: 'http://127.0.0.1:9/' }, image }],
    ['a video that is not there', 'instances.0.video.uri', { video: { uri: 'http://127.0.0.1:9/' } }],
    [
      'a video with references',
      'instances.0.referenceImages',
      { video: { uri: 'gs://a/b' }, referenceImages: [reference] },
    ],
    ['a video in 1080p', 'parameters.resolution', { video: { uri: 'gs://a/b' } }, { resolution: '1080p' }],
    ['a video of 6 s', 'parameters.durationSeconds', { video: { uri: 'gs://a/b' } }, { durationSeconds: 6 }],
    ['a video of no bucket', 'instances.0.video.uri', { video: { uri: 'gs://a' } }],
    ['a video as data', 'instances.0.video.uri', { video: { uri: 'data:video/mp4;base64,AAAA' } }],
    ['a video in the body', 'instances.0.video.uri', { video: { encodedVideo: 'AAAA' } }],
    ['a video without its prompt', 'instances.0.prompt', { prompt: undefined, video: { uri: 'gs://a/b' } }],
    ['an unknown field', 'instances.0.negative', { negative: 'rain' }],
    ['the aspect ratio of seed 003', 'parameters.aspectRatio', {}, { aspectRatio: '1:1' }],
    ['an unknown resolution', 'parameters.resolution', {}, { resolution: '480p' }],
    ['5 s', 'parameters.durationSeconds', {}, { durationSeconds: 5 }],
    ['1080p of 6 s', 'parameters.durationSeconds', {}, { resolution: '1080p', durationSeconds: 6 }],
    ['4k of 4 s', 'parameters.durationSeconds', {}, { resolution: '4k', durationSeconds: '4' }],
    [
      'a last frame at 6 s',
      'parameters.durationSeconds',
      { image, lastFrame: image },
      { durationSeconds: 6 },
    ],
    ['a person of seed 003', 'parameters.personGeneration', {}, { personGeneration: 'dont_allow' }],
    ['anyone with an image', 'parameters.personGeneration', { image }, { personGeneration: 'allow_all' }],
    ['a flag as text', 'parameters.enhancePrompt', {}, { enhancePrompt: 'true' }],
    ['no sample', 'parameters.sampleCount', {}, { sampleCount: 0 }],
    ['five samples', 'parameters.sampleCount', {}, { sampleCount: 5 }],
    ['a parameter of Vertex', 'parameters.generateAudio', {}, { generateAudio: true }],
  ];
  const padded = rows.map(
    ([what, names, instance, parameters = {}]) => [what, names, instance, parameters] as const,
  );

  test.each(padded)('%s: %s', async (_what, names, instance, parameters) => {
    const response = await post({ instances: [{ prompt: 'A boat', ...instance }], parameters });
    const { error } = ErrorBody.parse(await response.json());
    expect(error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
    expect(error.message.startsWith(`${names}: `)).toBe(true);
    expect(response.status).toBe(400);
    expect(gateway.ledger()).toMatchObject({ tasks: [], chargedMicros: 0, submits: 1 });
  });

  test.each([
    ['a page', '/page'],
    ['a picture', '/frame.jpg'],
    ['nothing', '/none.mp4'],
  ])('a video that is %s', async (_what, path) => {
    const response = await post(bodyOf({ instance: { video: { uri: pictures.url + path } } }));
    const { error } = ErrorBody.parse(await response.json());
    expect(error.message.startsWith('instances.0.video.uri: ')).toBe(true);
    expect(error.message).not.toContain(pictures.url);
    expect(gateway.ledger()).toMatchObject({ tasks: [], chargedMicros: 0 });
  });

  test.each([
    ['no instance', { instances: [] }],
    ['two instances', { instances: [{ prompt: 'x' }, { prompt: 'y' }] }],
    ['a field of another API', { instances: [{ prompt: 'x' }], prompt: 'x' }],
    ['half a body', '{"instances":'],
  ])('%s', async (_what, body) => {
    expect((await post(body)).status).toBe(400);
  });

  test.each([
    [{ resolution: '4k' }, {}],
    [{}, { referenceImages: [reference] }],
  ])('lite has neither 4k nor references: %j', async (parameters, instance) => {
    const response = await post(bodyOf({ instance, parameters }), { name: 'veo-3.1-lite-generate-001' });
    expect(response.status).toBe(400);
  });

  test('an unknown model is not found', async () => {
    const response = await post(bodyOf({}), { name: 'veo-9' });
    const { error } = ErrorBody.parse(await response.json());
    expect(error).toMatchObject({ code: 404, status: 'NOT_FOUND' });
    expect(error.message).toContain('models/veo-9 is not found');
  });

  test('a body above 20 MB is an invalid argument', async () => {
    const response = await post(bodyOf({ instance: { prompt: 'x'.repeat(21 * 1024 * 1024) } }));
    const { error } = ErrorBody.parse(await response.json());
    expect(error).toMatchObject({ code: 400, message: expect.stringContaining('payload size') });
  });
});
