import fc from 'fast-check';
import { AddressRefused, type ProviderErrorName, TransportError } from '../../../../../core/kernel/errors.ts';
import { canCancel, dialects, providerOf } from '../../../../../core/providers/registry.ts';
import {
  expectNoSecret,
  FRAME_URL,
  fakeProvider,
  KEY,
  providerErrorOf,
  type Reply,
  videoRequest,
} from './context.ts';
import type { DialectFacts } from './dialect-facts.ts';
import { sendsAllOrNothing } from './sending.ts';

type Row = [
  status: number,
  body: unknown,
  name: ProviderErrorName,
  charged: 'no' | 'unknown',
  retryable: boolean,
];
type CheckRow = [status: number, body: unknown, name: ProviderErrorName];

const SAFETY = { code: 503, message: 'Content policy violation: content blocked due to safety concerns' };
const error = (message: string, fields: object = {}) => ({ error: { message, ...fields } });
/** An error under HTTP 200. */
const inside = (code: number, message: string) => ({ code, message, data: null, error: { code, message } });
const PROMPT = 'a safety concern of mine';

/** What a dialect does with each HTTP answer to a submit: the same for all, whatever their bodies look like. */
const SUBMIT_ROWS: readonly Row[] = [
  [302, '', 'ProviderUnavailable', 'unknown', false],
  [307, '', 'ProviderUnavailable', 'unknown', false],
  [400, error('duration is not allowed'), 'ProviderRejected', 'no', false],
  [400, SAFETY, 'ProviderFilteredRequest', 'no', false],
  [400, error('The model veo-9 is no longer available'), 'ModelRetired', 'no', false],
  [401, '', 'ProviderUnauthorized', 'no', false],
  [402, '', 'ProviderBalanceTooLow', 'no', false],
  [403, error('Insufficient balance'), 'ProviderBalanceTooLow', 'no', false],
  [403, error('No permission to access this resource'), 'ProviderUnauthorized', 'no', false],
  [404, error('models/veo-9 is not found for API version v1beta'), 'ModelRetired', 'no', false],
  [404, 'page not found', 'ProviderRejected', 'no', false],
  [408, '', 'ProviderUnavailable', 'unknown', false],
  [413, '<html>Request Entity Too Large</html>', 'ProviderRejected', 'no', false],
  [429, error('Too many requests'), 'ProviderThrottled', 'no', true],
  [429, error('You exceeded your daily limit'), 'ProviderQuotaExhausted', 'no', false],
  [500, error('Internal server error'), 'ProviderUnavailable', 'unknown', false],
  [502, '<html>Bad Gateway</html>', 'ProviderUnavailable', 'unknown', false],
  [503, error('The model is overloaded'), 'ProviderUnavailable', 'unknown', false],
  [503, error(`overloaded: ${PROMPT}`), 'ProviderUnavailable', 'unknown', false],
  [503, SAFETY, 'ProviderFilteredRequest', 'no', false],
  [503, error('no channel', { code: 'model_not_found' }), 'ModelRetired', 'no', false],
  [504, '', 'ProviderUnavailable', 'unknown', false],
  [200, '', 'ProviderAnswerUnreadable', 'unknown', false],
  [200, '<html>OK</html>', 'ProviderAnswerUnreadable', 'unknown', false],
  [200, {}, 'ProviderAnswerUnreadable', 'unknown', false],
  [200, inside(400, 'bad prompt'), 'ProviderRejected', 'no', false],
  [200, inside(500, 'oops'), 'ProviderUnavailable', 'unknown', false],
];

const CHECK_ROWS: readonly CheckRow[] = [
  [302, '', 'ProviderUnavailable'],
  [400, error('bad'), 'ProviderRejected'],
  [400, { code: 'task_not_exist', message: 'task_not_exist', data: null }, 'TaskNotFound'],
  [400, SAFETY, 'ProviderFilteredRequest'],
  [401, '', 'ProviderUnauthorized'],
  [402, '', 'ProviderBalanceTooLow'],
  [403, error('Insufficient balance'), 'ProviderBalanceTooLow'],
  [404, '', 'TaskNotFound'],
  [408, '', 'ProviderUnavailable'],
  [410, '', 'TaskNotFound'],
  [429, '', 'ProviderThrottled'],
  [429, error('daily limit'), 'ProviderQuotaExhausted'],
  [500, '', 'ProviderUnavailable'],
  [502, '<html>', 'ProviderUnavailable'],
  [503, '', 'ProviderUnavailable'],
  [200, '<html>', 'ProviderAnswerUnreadable'],
  [200, {}, 'ProviderAnswerUnreadable'],
];

/** What every dialect promises, whatever its words. */
export const keepsTheContract = (facts: DialectFacts): void => {
  const { accepted, answers, dialect, keyHeaders } = facts;
  const provider = (reply: Reply | Error | readonly (Reply | Error)[], keys?: readonly string[]) => {
    const fake = fakeProvider(reply, {
      dialect,
      models: [facts.model],
      ...facts.settings,
      ...(keys && { keys }),
    });
    return { ...providerOf(fake.context), sent: fake.sent };
  };
  const request = videoRequest({ model: facts.model, prompt: PROMPT });

  describe(`the contract, kept by ${dialect}`, () => {
    it('is in the registry', () => expect(dialects[dialect].connect).toBeInstanceOf(Function));

    it('says without a connection whether a provider can stop a task', () => {
      const { settings } = fakeProvider({}, { dialect, models: [facts.model], ...facts.settings }).context;
      expect(canCancel(settings)).toBe(provider({}).cancel !== undefined);
    });

    it('a submit is one POST with the key, whose task can be kept as JSON and asked for', async () => {
      const { submit, check, sent } = provider([{ body: accepted.body }, { body: answers[0]?.body }]);
      const task = await submit(request);
      expect(task).toEqual(accepted.task);
      expect(JSON.parse(JSON.stringify(task))).toEqual(task);
      expect(sent).toHaveLength(1);
      expect(sent[0]).toMatchObject({ method: 'POST', timeoutMs: 60_000 });
      expect(sent[0]?.headers).toMatchObject(keyHeaders);
      await check(task);
      expect(sent).toHaveLength(2);
      expect(sent[1]).toMatchObject({ method: 'GET', headers: keyHeaders });
      for (const { url } of sent) expect(url).not.toContain(KEY);
    });

    it.each(SUBMIT_ROWS)(
      'submit: %d %j → %s, charged %s, retryable %s',
      async (status, body, name, charged, retryable) => {
        const { submit, sent } = provider({ status, body });
        const thrown = await providerErrorOf(submit(request));
        expect(thrown).toMatchObject({ name, charged, retryable });
        expect(sent).toHaveLength(1);
      },
    );

    it.each(facts.errors)('submit: $status, as recorded → $name, free', async ({ status, body, name }) => {
      expect(await providerErrorOf(provider({ status, body }).submit(request))).toMatchObject({
        name,
        charged: 'no',
        status,
      });
    });

    it('an answer of 20 MB is read, and an error of 20 MB is cut', async () => {
      const echo = 'A'.repeat(20_000_000);
      const plain = await provider({ body: answers[0]?.body }).check(accepted.task);
      const long = provider({ body: { ...Object(answers[0]?.body), echo } });
      expect(await long.check(accepted.task)).toEqual(plain);
      for (const text of [echo, 'token='.repeat(3_000_000), `<html>${'? '.repeat(9_000_000)}`]) {
        const thrown = await providerErrorOf(provider({ status: 500, body: text }).check(accepted.task));
        expect(thrown.name).toBe('ProviderUnavailable');
        expect(thrown.message.length).toBeLessThan(500);
      }
    });

    sendsAllOrNothing(facts, provider);

    it.each<[Error, ProviderErrorName, 'no' | 'unknown']>([
      [new TransportError('connection refused', false), 'ProviderUnreachable', 'no'],
      [new AddressRefused('not public'), 'ProviderUnreachable', 'no'],
      [new TransportError('reset', true), 'ProviderUnavailable', 'unknown'],
    ])('submit: %s → %s, charged %s', async (thrown, name, charged) => {
      const { submit, sent } = provider(thrown);
      expect(await providerErrorOf(submit(request))).toMatchObject({ name, charged });
      expect(sent).toHaveLength(1);
    });

    it.each(CHECK_ROWS)('check: %d %j → %s, worth repeating', async (status, body, name) => {
      const thrown = await providerErrorOf(provider({ status, body }).check(accepted.task));
      expect(thrown).toMatchObject({ name, charged: 'unknown', retryable: true });
    });

    it('a wrong key is read again for a check, and never for a submit', async () => {
      const keys = ['old-key', 'new-key'];
      const asking = provider([{ status: 401 }, { body: answers[0]?.body }], keys);
      await asking.check(accepted.task);
      expect(JSON.stringify(asking.sent.map(({ headers }) => headers))).toMatch(/old-key.*new-key/);
      const ordering = provider({ status: 401 }, keys);
      await providerErrorOf(ordering.submit(request));
      expect(ordering.sent).toHaveLength(1);
    });

    it('a key stands in no error and in no reason, whatever it looks like', async () => {
      const keys = ['plain and short'];
      const words = 'the key plain and short is bad';
      const calls = [
        () => provider({ status: 400, body: error(words) }, keys).submit(request),
        () => provider({ status: 200, body: inside(500, words) }, keys).submit(request),
        () => provider({ status: 500, body: words }, keys).check(accepted.task),
      ];
      for (const call of calls)
        expect((await providerErrorOf(call())).message).toContain('the key [hidden] is bad');
      expect(await provider({ body: facts.failedFor(words) }, keys).check(accepted.task)).toMatchObject({
        state: 'failed',
        reason: 'the key [hidden] is bad',
      });
    });

    it.each(answers)('$status.state', async ({ body, status }) => {
      expect(await provider({ body }).check(accepted.task)).toMatchObject(status);
    });

    const extras = fc.dictionary(
      fc.string().filter((name) => !facts.fields.includes(name) && name !== '__proto__'),
      fc.jsonValue(),
    );
    it('an answer with fields nobody knows is read the same', async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...answers), extras, async ({ body }, more) => {
          const plain = await provider({ body }).check(accepted.task);
          expect(await provider({ body: withExtras(body, more) }).check(accepted.task)).toEqual(plain);
          const task = await provider({ body: withExtras(accepted.body, more) }).submit(request);
          expect(task).toEqual(accepted.task);
        }),
      );
    });

    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(KEY, FRAME_URL, 'failed', 'completed', true, `data:video/mp4;base64,${KEY}`),
    );
    const oddFields = fc.dictionary(fc.constantFrom(...facts.fields), odd);
    const oddReply: fc.Arbitrary<Reply> = fc.record({
      status: fc.constantFrom(200, 200, 200, 202, 400, 401, 404, 429, 500, 503),
      body: fc.oneof(
        oddFields,
        fc
          .tuple(fc.constantFrom(...facts.fields), oddFields, oddFields)
          .map(([name, inner, outer]) => ({ ...outer, [name]: inner })),
        fc.constantFrom(...answers).chain(({ body }) => oddFields.map((more) => withExtras(body, more))),
        fc.json(),
        fc.string(),
        fc.uint8Array(),
        fc.constantFrom('{"data":'.repeat(50_000), '<html>', '', 'null', '[]'),
      ),
    });
    it('no answer whatsoever makes it throw anything but a ProviderError; nothing shows a secret', async () => {
      const outcomeOf = async (call: Promise<unknown>) => {
        const outcome = await call.then(
          (value) => ({ value }),
          (thrown: unknown) => ({ thrown }),
        );
        if ('thrown' in outcome) await providerErrorOf(Promise.reject(outcome.thrown));
        return outcome;
      };
      await fc.assert(
        fc.asyncProperty(oddReply, async (reply) => {
          const { submit, check, sent } = provider(reply);
          await outcomeOf(submit(request));
          expect(sent).toHaveLength(1);
          const outcome = await outcomeOf(check(accepted.task));
          // An address of a video is what was asked for; everything else is words.
          if ('value' in outcome) expectNoSecret({ ...Object(outcome.value), outputs: undefined });
        }),
        { numRuns: 300 },
      );
    });
  });
};

/** Adds fields to an object and to every object in it, without replacing any. */
const withExtras = (value: unknown, more: object): unknown => {
  if (Array.isArray(value)) return value.map((item) => withExtras(item, more));
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.entries(value).map(([name, field]) => [name, withExtras(field, more)]);
  return { ...more, ...Object.fromEntries(inner) };
};
