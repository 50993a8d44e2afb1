import type { JobRequest, JobState } from '../../../../core/jobs/job.ts';
import { jobEvent } from '../../../../core/jobs/job-event.ts';
import { alternativesFor, moveQueuedJob, moveTo, type Refusal } from '../../../../core/queue/failover.ts';
import type { Failover } from '../../../../core/queue/settings.ts';
import type { JobParameters } from '../../../../core/request/parameters.ts';
import {
  acceptedState,
  at,
  jobRequest,
  providerSettings,
  runtimeSettings,
  submittingState,
} from '../../../support/jobs.ts';

const fast = 'veo-3.1-fast-generate-preview';
const standard = 'veo-3.1-generate-preview';
const google = { provider: 'google', model: fast };
const relay = { provider: 'relay', model: fast };
const dear = { provider: 'google', model: standard };
const unpriced = { provider: 'relay', model: 'veo-2.0-generate-001' };

const settingsWith = (failover: Partial<Failover> | undefined) =>
  runtimeSettings({
    providers: {
      simulated: providerSettings(),
      spare: providerSettings(),
      google: providerSettings({ dialect: 'gemini', models: [fast, standard] }),
      relay: providerSettings({ dialect: 'openai-video', models: [fast, 'veo-2.0-generate-001'] }),
    },
    ...(failover ? { failover: { alternatives: [], allowDearer: false, ...failover } } : {}),
  });

const refused = (name: Refusal['name'], charged: Refusal['charged'] = 'no'): Refusal => ({ name, charged });
const asked = (changes: Partial<JobParameters>): JobRequest => {
  const { parameters } = jobRequest();
  return jobRequest({ ...(parameters ? { parameters: { ...parameters, ...changes } } : {}) });
};
const without = (field: keyof JobRequest, request: JobRequest): JobRequest => {
  const { [field]: _, ...rest } = request;
  return JSON.parse(JSON.stringify(rest));
};

const go = (
  alternatives: Failover['alternatives'],
  {
    state = {},
    request = jobRequest(),
    refusal = refused('ModelRetired'),
    allowDearer = false,
  }: {
    state?: Partial<JobState>;
    request?: JobRequest;
    refusal?: Refusal;
    allowDearer?: boolean;
  } = {},
) =>
  alternativesFor(
    { state: { ...submittingState(), ...state }, request },
    refusal,
    settingsWith({ alternatives, allowDearer }),
  ).map(({ provider, model }) => `${provider} ${model}`);

it('is off where no alternatives are named', () => {
  const job = { state: submittingState(), request: jobRequest() };
  expect(alternativesFor(job, refused('ModelRetired'), settingsWith(undefined))).toEqual([]);
});

it('goes by the list, in its order, with the price of each', () => {
  const job = { state: submittingState(), request: jobRequest() };
  expect(
    alternativesFor(job, refused('ModelRetired'), settingsWith({ alternatives: [relay, google] })),
  ).toEqual([
    { ...relay, priceMicros: 800_000 },
    { ...google, priceMicros: 800_000 },
  ]);
});

it.each<[Refusal['name'], boolean]>([
  ['ModelRetired', true],
  ['ProviderUnreachable', true],
  ['ProviderUnavailable', true],
  ['ProviderUnauthorized', true],
  ['ProviderKeyMissing', true],
  ['ProviderBalanceTooLow', true],
  ['ProviderQuotaExhausted', true],
  ['CircuitOpen', true],
  // Waiting helps.
  ['ProviderThrottled', false],
  // Of the request, not of the provider: another one would be asked for the same.
  ['ProviderRejected', false],
  ['ProviderFilteredRequest', false],
  ['ProviderAnswerUnreadable', false],
  ['TaskNotFound', false],
])('%s: %s', (name, moves) => {
  expect(go([google], { refusal: refused(name) })).toHaveLength(moves ? 1 : 0);
  // What may have been ordered stays where it is, whatever went wrong.
  expect(go([google], { refusal: refused(name, 'unknown') })).toEqual([]);
});

it('leaves a provider that is in trouble with all its models; one that is gone may have a sister there', () => {
  const sister = { provider: 'simulated', model: 'veo3' };
  const dearer = { allowDearer: true };
  expect(go([sister, google], { ...dearer, refusal: refused('CircuitOpen') })).toEqual([`google ${fast}`]);
  expect(go([sister], { ...dearer, refusal: refused('ProviderQuotaExhausted') })).toEqual([]);
  expect(go([sister], { ...dearer, refusal: refused('ModelRetired') })).toEqual(['simulated veo3']);
});

it('never moves what is ordered, or not wanted any more', () => {
  expect(go([google], { state: { task: { id: 't' } } })).toEqual([]);
  expect(go([google], { state: { cancelRequest: { by: 'a', at: at(1) } } })).toEqual([]);
});

it('never goes to a dearer model, or one of unknown price, unless it is allowed', () => {
  expect(go([dear, unpriced, google])).toEqual([`google ${fast}`]);
  expect(go([dear, unpriced], { allowDearer: true })).toHaveLength(2);
});

it('what is reserved is for one price: nothing dearer, allowed or not', () => {
  const state = { reserved: { day: '2026-01-01', micros: 800_000 } };
  expect(go([dear, unpriced, google], { state, allowDearer: true })).toEqual([`google ${fast}`]);
});

describe('the same video or none', () => {
  it('of a scene that the model does not make', () => {
    const references = without('startFrame', jobRequest({ referenceFrames: [{ bucket: 'b', key: 'k' }] }));
    expect(go([relay, google], { request: references })).toEqual([`google ${fast}`]);
    const last = jobRequest({ lastFrame: { bucket: 'b', key: 'k' } });
    expect(go([relay, google], { request: last })).toEqual([`google ${fast}`]);
  });

  it('with a parameter that it cannot be told', () => {
    expect(go([relay, google], { request: asked({ enhancePrompt: true }) })).toEqual([`google ${fast}`]);
    expect(go([relay, google], { request: asked({ enableUpsample: true }) })).toEqual([]);
    expect(go([relay], { request: asked({ resolution: '4k' }), allowDearer: true })).toHaveLength(1);
    expect(go([unpriced], { request: asked({ resolution: '4k' }), allowDearer: true })).toEqual([]);
  });

  it('of a length that it does not make', () => {
    const six = without('startFrame', asked({ ...google, durationSeconds: 6 }));
    const state = { ...google, priceMicros: 800_000 };
    expect(go([relay, { provider: 'spare', model: 'veo3.1-fast' }], { request: six, state })).toEqual([
      `relay ${fast}`,
    ]);
  });

  it('with a parameter that the check of the other model would replace by a default', () => {
    expect(go([google], { request: asked({ prompt: '' }) })).toEqual([]);
  });

  it('with words that only the one gateway knows, at one that speaks otherwise', () => {
    const request = asked({ extra: { is_rec: true } });
    expect(go([google, { provider: 'spare', model: 'veo3.1-fast' }], { request })).toEqual([
      'spare veo3.1-fast',
    ]);
  });

  it('that continues what stands at the provider', () => {
    const continued = (video: NonNullable<JobRequest['video']>) =>
      without('startFrame', { ...asked({}), video });
    expect(go([google], { request: continued({ jobId: 'j' }) })).toEqual([]);
    expect(go([google], { request: continued({ uri: 'https://a.example/v' }) })).toEqual([]);
    expect(go([google], { request: continued({ bucket: 'b', key: 'k' }) })).toHaveLength(1);
  });
});

describe('a job that moved', () => {
  const reserved = { day: '2026-01-01', micros: 800_000 };
  const moved = moveTo(
    acceptedState({ reserved }),
    { ...google, priceMicros: 600_000 },
    'ModelRetired',
    at(5),
  );

  it('is the other provider’s, at its price, reserved for that', () => {
    expect(moved.state).toMatchObject({
      ...google,
      status: 'accepted',
      priceMicros: 600_000,
      reserved: { day: '2026-01-01', micros: 600_000 },
    });
  });

  it('lets go of its slot and its place there', () => {
    const admitted = acceptedState({ slot: '0001', sendAt: at(9), queueKey: 'p' });
    const { state } = moveTo(admitted, { ...google, priceMicros: 600_000 }, 'CircuitOpen', at(5));
    for (const field of ['slot', 'sendAt', 'queueKey']) expect(state).not.toHaveProperty(field);
  });

  it('that waits goes on waiting, at its place there', () => {
    const waiting = acceptedState({ status: 'queued', queueKey: 'here' });
    const to = { ...google, priceMicros: 600_000 };
    const { state, event } = moveQueuedJob(waiting, to, 'there', 'CircuitOpen', at(5));
    expect(state).toMatchObject({ ...google, status: 'queued', queueKey: 'there' });
    expect(event).toBe('Video Job Moved');
  });

  it('tells from where, where to and why', () => {
    expect(moved.event).toBe('Video Job Moved');
    expect(jobEvent('Video Job Moved', moved.state, jobRequest())).toMatchObject({
      ...google,
      priceMicros: 600_000,
      movedFrom: [{ provider: 'simulated', model: 'veo3.1-fast', why: 'ModelRetired', at: at(5) }],
    });
  });

  it('does not go back, until a person starts it again', () => {
    const back = { provider: 'simulated', model: 'veo3.1-fast' };
    expect(go([back, google], { state: moved.state })).toEqual([]);
    expect(
      go([back, google], { state: { ...moved.state, priceMicros: 800_000, redrivenAt: at(6), reserved } }),
    ).toEqual(['simulated veo3.1-fast']);
  });
});
