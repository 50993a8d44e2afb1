import fc from 'fast-check';
import { AddressRefused, TransportError } from '../../../../../core/kernel/errors.ts';
import { askJson } from '../../../../../core/providers/http/request.ts';
import { expectNoSecret, FRAME_URL, fakeProvider, KEY, providerErrorOf } from '../dialects/context.ts';
import { CHECK, failOf, RULES, SUBMIT } from './request-builder.ts';

it('an error after a new key was read hides the old one too', async () => {
  const keys = ['the-old-secret', 'the-new-secret'];
  const body = { message: 'neither the-old-secret nor the-new-secret is known' };
  const error = await providerErrorOf(
    askJson(fakeProvider({ status: 401, body }, { keys }).context, RULES, CHECK),
  );
  expect(error.message).toContain('neither [hidden] nor [hidden] is known');
});

it("the provider's words are in the message, cleaned and cut", async () => {
  const words = `bad\u0000 key ${KEY} for ${FRAME_URL}\n${'x'.repeat(1_000)}`;
  const error = await failOf(SUBMIT, { status: 400, body: { error: { message: words } } });
  expect(error.message).toMatch(
    /^POST https:\/\/gptproto\.com\/api\S+ answered 400: bad key \[hidden\] for \[hidden\] x+…$/,
  );
  expect(error.message.length).toBeLessThan(400);
});

const anyBody = fc.oneof(
  fc.json(),
  fc.string(),
  fc.uint8Array(),
  fc.constantFrom(
    '',
    '<!doctype html><title>x</title>',
    '['.repeat(200_000),
    'null',
    '7',
    'x'.repeat(900_000),
  ),
  fc
    .tuple(fc.string(), fc.string())
    .map(([a, b]) => ({ error: { message: `${a} ${KEY} ${b} ${FRAME_URL}` } })),
);

it('no answer whatsoever makes it throw anything but a ProviderError, and no error shows a secret', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 100, max: 999 }),
      anyBody,
      fc.boolean(),
      async (status, body, isSubmit) => {
        const { context, sent } = fakeProvider({ status, body });
        const ask = isSubmit ? SUBMIT : CHECK;
        const answered = await askJson(context, RULES, ask).then(
          () => true,
          () => false,
        );
        expect(sent).toHaveLength(1);
        if (answered) expect(Math.floor(status / 100)).toBe(2);
        else await providerErrorOf(askJson(context, RULES, ask));
      },
    ),
    { numRuns: 300 },
  );
});

it('no error of a client shows a secret, whatever it hangs on its errors', async () => {
  const shown = `POST ${FRAME_URL} with ${KEY}`;
  const clients = [
    new TransportError(shown, true, { cause: new Error(shown, { cause: { KEY } }) }),
    Object.assign(new TypeError(shown), { request: { headers: { authorization: KEY } }, code: shown }),
    new AggregateError([new Error(shown)], shown),
    new AddressRefused(shown),
  ];
  for (const thrown of clients)
    for (const ask of [SUBMIT, CHECK])
      expectNoSecret(await failOf(ask, thrown).catch((error: unknown) => error));
});
