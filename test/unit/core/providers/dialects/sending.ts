import fc from 'fast-check';
import type { OptionalParameter } from '../../../../../core/providers/model.ts';
import type { HttpRequest, VideoProvider, VideoRequest } from '../../../../../core/providers/provider.ts';
import { dialects } from '../../../../../core/providers/registry.ts';
import { type Scene, scenes } from '../../../../../core/providers/scenes.ts';
import { carries, frameUrl, markedFrame, providerErrorOf, type Reply, textRequest } from './context.ts';
import type { DialectFacts } from './dialect-facts.ts';

const MEDIA: Readonly<Record<Scene, Partial<VideoRequest>>> = {
  'text-to-video': {},
  'image-to-video': { startFrame: markedFrame('start') },
  'first-and-last-frame': { startFrame: markedFrame('start'), lastFrame: markedFrame('last') },
  'reference-to-video': { referenceFrames: ['first', 'second', 'third'].map(markedFrame) },
  'video-to-video': { video: { url: async () => frameUrl('clip') } },
};
const MARKS: Readonly<Record<Scene, readonly string[]>> = {
  'text-to-video': [],
  'image-to-video': ['start'],
  'first-and-last-frame': ['start', 'last'],
  'reference-to-video': ['first', 'second', 'third'],
  'video-to-video': ['clip'],
};
const EVERY_MEDIUM = {
  ...MEDIA['first-and-last-frame'],
  ...MEDIA['reference-to-video'],
  ...MEDIA['video-to-video'],
};
const NO_SCENE: readonly Partial<VideoRequest>[] = [
  { lastFrame: markedFrame('last') },
  { ...MEDIA['image-to-video'], ...MEDIA['reference-to-video'] },
  { ...MEDIA['image-to-video'], ...MEDIA['video-to-video'] },
  { ...MEDIA['reference-to-video'], ...MEDIA['video-to-video'] },
  { referenceFrames: ['a', 'b', 'c', 'd'].map(markedFrame) },
];
const OPTIONAL = {
  enhancePrompt: false,
  enableUpsample: false,
  negativePrompt: 'a policy violation of mine',
  personGeneration: 'allow_adult',
  videoCount: 2,
} as const satisfies Required<Pick<VideoRequest, OptionalParameter>>;
const PROMPT = 'a safety concern of mine';
const EXTRA = { is_rec: true, off_peak_hours: 48, 'audio "type"': 'speech\r\n\u00fc' };

/** What is asked for is in the request that is sent, or it is refused before anything is: nothing is left out without a word. */
export const sendsAllOrNothing = (
  { accepted, dialect, model: usual }: DialectFacts,
  provider: (reply: Reply) => VideoProvider & { readonly sent: readonly HttpRequest[] },
): void => {
  const error = (message: string) => ({ error: { message } });
  const offered = dialects[dialect].models;
  const claimed = scenes.flatMap((scene) =>
    offered.filter((model) => model.scenes.includes(scene)).map(({ id }) => ({ scene, model: id })),
  );
  it.each(claimed)('$scene by $model carries all that was given', async ({ scene, model }) => {
    const { assertSendable, submit, sent } = provider({ body: accepted.body });
    const asked = textRequest({ model, ...MEDIA[scene] });
    assertSendable(asked);
    await submit(asked);
    const carried = Object.values(MARKS)
      .flat()
      .filter((mark) => carries(sent[0], mark));
    expect(new Set(carried)).toEqual(new Set(MARKS[scene]));
    expect(String(sent[0]?.body)).not.toContain('undefined');
  });

  it('an address that was sent along stands in no error, whatever it looks like', async () => {
    for (const { scene, model } of claimed) {
      const urls = MARKS[scene].map(frameUrl).join(' ');
      const { submit, sent } = provider({ status: 400, body: error(`cannot fetch ${urls}`) });
      const thrown = await providerErrorOf(submit(textRequest({ model, ...MEDIA[scene] })));
      for (const mark of MARKS[scene].filter((name) => String(sent[0]?.body).includes(frameUrl(name))))
        expect(thrown.message).not.toContain(frameUrl(mark));
    }
  });

  /** Refused before anything is sent, read or signed; the same by both ways. */
  const refusal = async (asked: Partial<VideoRequest>): Promise<string> => {
    const { assertSendable, submit, sent } = provider({ body: accepted.body });
    const whole = untouchable(textRequest({ model: usual, ...asked }));
    const thrown = await providerErrorOf(submit(whole));
    expect(thrown).toMatchObject({ name: 'ProviderRejected', charged: 'no', retryable: false });
    expect(() => assertSendable(whole)).toThrow(thrown.message);
    expect(sent).toEqual([]);
    return thrown.message;
  };

  const others = scenes.filter((scene) => !offered.some((model) => model.scenes.includes(scene)));
  it('what it does not claim is refused, free, before anything is sent', async () => {
    for (const scene of others) await refusal(MEDIA[scene]);
    for (const media of NO_SCENE) await refusal(media);
  });

  const taken = new Set(offered.flatMap(({ takes }) => takes));
  it('a parameter is written or refused, never left out', async () => {
    const bodyOf = async (asked: Partial<VideoRequest>) => {
      const { submit, sent } = provider({ body: accepted.body });
      await submit(textRequest({ model: usual, ...asked }));
      return Buffer.from(sent[0]?.body ?? '').toString();
    };
    const plain = await bodyOf({});
    for (const [name, value] of Object.entries(OPTIONAL)) {
      const isTaken = offered.some(({ takes }) => takes.some((parameter) => parameter === name));
      if (isTaken) expect(await bodyOf({ [name]: value })).not.toBe(plain);
      else await refusal({ [name]: value });
    }
    expect(await bodyOf({ extra: {}, referenceFrames: [] })).toBe(plain);
    if (!taken.has('videoCount')) expect(await bodyOf({ videoCount: 1 })).toBe(plain);
  });

  const anything: fc.Arbitrary<Partial<VideoRequest>> = fc
    .subarray(Object.entries({ ...EVERY_MEDIUM, ...OPTIONAL, extra: EXTRA }))
    .map((given) => Object.fromEntries(given));
  it('whatever is put together is sent whole, or refused and free', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (given) => {
        const asked = textRequest({ model: usual, ...given });
        const { submit, sent } = provider({ body: accepted.body });
        const isTaken = await submit(asked).then(
          () => true,
          () => false,
        );
        if (!isTaken) {
          await refusal(asked);
          return;
        }
        expect(sent).toHaveLength(1);
        for (const mark of marksOf(asked)) expect(carries(sent[0], mark)).toBe(true);
        for (const name of Object.keys(OPTIONAL)) if (name in asked) expect([...taken]).toContain(name);
      }),
    );
  });

  it('extra is passed through', async () => {
    const { submit, sent } = provider({ body: accepted.body });
    await submit(textRequest({ model: usual, extra: EXTRA }));
    const body = Buffer.from(sent[0]?.body ?? '').toString();
    for (const word of ['is_rec', 'true', 'off_peak_hours', '48', 'speech', 'ü'])
      expect(body).toContain(word);
  });

  it('extra may say nothing that the dialect says, in no spelling', async () => {
    for (const field of dialects[dialect].ownFields) {
      const snake = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      for (const name of [field, field.toUpperCase(), snake, field.replaceAll('_', '')])
        expect(await refusal({ extra: { ...EXTRA, [name]: 'mine' } })).toContain(name);
    }
  });

  it('what we said ourselves decides nothing when it is quoted', async () => {
    const { negativePrompt } = OPTIONAL;
    const avoid = 'unsafe content of mine';
    const sayings: [string, Partial<VideoRequest>][] = [
      [PROMPT, {}],
      [avoid, { extra: { avoid } }],
      ...(taken.has('negativePrompt')
        ? [[negativePrompt, { negativePrompt }] satisfies [string, object]]
        : []),
    ];
    for (const [words, asked] of sayings) {
      const { submit } = provider({ status: 503, body: error(`overloaded: ${words}`) });
      const thrown = await providerErrorOf(submit(textRequest({ model: usual, prompt: PROMPT, ...asked })));
      expect(thrown).toMatchObject({ name: 'ProviderUnavailable', charged: 'unknown' });
      expect(await providerErrorOf(submit(textRequest({ model: usual, prompt: PROMPT })))).toMatchObject(
        words === PROMPT ? {} : { name: 'ProviderFilteredRequest' },
      );
    }
  });
};

/** The marks of all media of a request. */
const marksOf = ({ startFrame, lastFrame, referenceFrames, video }: VideoRequest): readonly string[] => [
  ...(startFrame ? ['start'] : []),
  ...(lastFrame ? ['last'] : []),
  ...(referenceFrames ? MARKS['reference-to-video'] : []),
  ...(video ? ['clip'] : []),
];

/** The same request, whose frames and video can be looked at from outside only. */
const untouchable = (request: VideoRequest): VideoRequest => {
  const no = () => Promise.reject(new Error('read or signed, though the request is refused'));
  const { startFrame, lastFrame, referenceFrames, video, ...rest } = request;
  return {
    ...rest,
    ...(startFrame && { startFrame: { ...startFrame, url: no, read: no } }),
    ...(lastFrame && { lastFrame: { ...lastFrame, url: no, read: no } }),
    ...(referenceFrames && {
      referenceFrames: referenceFrames.map((frame) => ({ ...frame, url: no, read: no })),
    }),
    ...(video && { video: { url: no } }),
  };
};
