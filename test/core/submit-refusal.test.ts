import { ProviderError, type ProviderErrorName } from '../../core/errors.ts';
import { afterRefusal } from '../../core/submit-refusal.ts';
import { at, providerSettings, submittingState } from '../support/jobs.ts';

const settings = providerSettings();
const refused = (name: ProviderErrorName, retryable: boolean, retryAfterSeconds?: number) =>
  new ProviderError(name, 'their words', {
    retryable,
    charged: 'no',
    ...(retryAfterSeconds ? { retryAfterSeconds } : {}),
  });

describe('a refused submit', () => {
  it('keeps the job in sight of the sweeper', () => {
    const { dueAt: _, ...state } = submittingState();
    const { change } = afterRefusal(state, refused('ProviderThrottled', true), settings, at(1));
    expect(change.state.dueAt).toBe(at(901));
  });

  it('counts patience from when a person started the job again', () => {
    const error = refused('ProviderThrottled', true);
    const state = { ...submittingState(), redrivenAt: at(86_400) };
    expect(afterRefusal(state, error, settings, at(86_500)).change.state.status).toBe('queued');
  });

  it('waits as long as the provider asks and is sent again', () => {
    const after = afterRefusal(submittingState(), refused('ProviderThrottled', true, 42), settings, at(1));
    expect(after).toMatchObject({
      waitSeconds: 42,
      change: { event: 'Video Job Queued', state: { status: 'queued' } },
    });
  });

  it('has a sensible pause where nothing is asked, and at most an hour', () => {
    expect(
      afterRefusal(submittingState(), refused('ProviderThrottled', true), settings, at(1)).waitSeconds,
    ).toBe(30);
    expect(
      afterRefusal(submittingState(), refused('ProviderThrottled', true, 1e6), settings, at(1)).waitSeconds,
    ).toBe(3600);
  });

  it('is sent ever more slowly, far below the history limit of its execution', () => {
    const hurried = refused('ProviderThrottled', true, 1);
    let attempts = 0;
    for (let seconds = 1; seconds < 86_400; attempts += 1)
      seconds += afterRefusal(submittingState(), hurried, settings, at(seconds)).waitSeconds;
    // Submit, wait, check and choice are 16 history events a round; 25,000 are allowed.
    expect(attempts * 16).toBeLessThan(5000);
    expect(attempts).toBeGreaterThan(50);
  });

  it('is patient with a rate limit for a day', () => {
    const error = refused('ProviderThrottled', true);
    expect(afterRefusal(submittingState(), error, settings, at(86_000)).change.state.status).toBe('queued');
    expect(afterRefusal(submittingState(), error, settings, at(86_400)).change.state.failure).toMatchObject({
      code: 'PROVIDER_QUOTA',
      charged: 'no',
    });
  });

  it.each([
    ['ProviderUnauthorized', 'PROVIDER_AUTH'],
    ['ProviderBalanceTooLow', 'PROVIDER_BALANCE'],
    ['ProviderQuotaExhausted', 'PROVIDER_QUOTA'],
    ['ProviderKeyMissing', 'PROVIDER_KEY_MISSING'],
    ['ProviderRejected', 'PROVIDER_REJECTED'],
    ['ProviderFilteredRequest', 'CONTENT_FILTERED'],
    ['ModelRetired', 'MODEL_RETIRED'],
  ] as const)('%s ends the job as %s, free, with advice', (name, code) => {
    const { change, waitSeconds } = afterRefusal(submittingState(), refused(name, false), settings, at(1));
    expect(waitSeconds).toBe(0);
    expect(change.event).toBe('Video Job Failed');
    expect(change.state.failure).toMatchObject({ code, charged: 'no', message: 'their words' });
    expect(change.state.failure?.advice.length).toBeGreaterThan(20);
    expect(change.state.attention).toBeUndefined();
  });
});

it('of a retired model the advice names what takes its place', () => {
  const { change } = afterRefusal(
    { ...submittingState(), model: 'veo3' },
    refused('ModelRetired', false),
    settings,
    at(1),
  );
  expect(change.state.failure).toMatchObject({
    code: 'MODEL_RETIRED',
    advice: expect.stringContaining('veo3.1 '),
  });
});
