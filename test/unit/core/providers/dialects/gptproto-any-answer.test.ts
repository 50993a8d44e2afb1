import fc from 'fast-check';
import { providerOf } from '../../../../../core/providers/registry.ts';
import { FRAME_URL, fakeProvider, KEY, providerErrorOf, type Reply, videoRequest } from './context.ts';
import { check, fixture, submit, TASK, VIDEO } from './gptproto-builder.ts';

const KNOWN = [
  'data code message id status error urls outputs output video_url url result has_nsfw_contents'.split(' '),
].flat();
const extras = fc.dictionary(
  fc.string().filter((name) => !KNOWN.includes(name) && name !== '__proto__'),
  fc.jsonValue(),
);

it('a documented answer with fields nobody knows is read the same', async () => {
  const names = [
    'created',
    'processing',
    'completed',
    'completed-flagged',
    'failed',
    'canceled',
    'seed-example',
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), extras, extras, async (name, outer, inner) => {
      const plain = fixture(name);
      const more = { ...outer, ...plain, data: { ...inner, ...Object(plain.data) } };
      expect(await check(more)).toEqual(await check(plain));
      expect(await submit(more)).toEqual(await submit(plain));
    }),
  );
});

const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(KEY, FRAME_URL, VIDEO, 'failed', 'completed', true));
const oddFields = fc.dictionary(fc.constantFrom(...KNOWN), odd);
const oddAnswer: fc.Arbitrary<Reply> = fc.record({
  status: fc.constantFrom(200, 200, 200, 202, 400, 401, 404, 429, 500, 503),
  body: fc.oneof(
    fc.tuple(oddFields, oddFields).map(([outer, data]) => ({ ...outer, data })),
    oddFields,
    fc.json(),
    fc.string(),
    fc.uint8Array(),
    fc.constantFrom('{"data":'.repeat(50_000), '<html>', ''),
  ),
});

it('no answer whatsoever makes it throw anything but a ProviderError, and none shows a secret', async () => {
  const isFine = async (call: Promise<unknown>) => {
    const outcome = await call.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if ('error' in outcome) await providerErrorOf(Promise.reject(outcome.error));
  };
  await fc.assert(
    fc.asyncProperty(oddAnswer, async (reply) => {
      const { context, sent } = fakeProvider(reply);
      await isFine(providerOf(context).submit(videoRequest()));
      expect(sent).toHaveLength(1);
      await isFine(providerOf(context).check(TASK));
    }),
    { numRuns: 500 },
  );
});
