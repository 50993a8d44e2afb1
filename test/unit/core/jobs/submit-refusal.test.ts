import { afterRefusal } from '../../../../core/jobs/submit-refusal.ts';
import { ProviderError, type ProviderErrorName } from '../../../../core/kernel/errors.ts';
import { at, providerSettings, submittingState } from '../../../support/jobs.ts';

const settings = providerSettings();
const refused = (name: ProviderErrorName, retryable: boolean, retryAfterSeconds?: number) =>
  new ProviderError(name, 'their words', {
    retryable,
    charged: 'no',
    ...(retryAfterSeconds ? { retryAfterSeconds } : {}),
  });

describe('a refused submit', () => {
  it('for being too many goes back to the queue, at its place, and gives its slot and its time back', () => {
    const state = { ...submittingState(), queueKey: '5#0000000007#job1', slot: '0001', sendAt: at(0) };
    const { event, state: after } = afterRefusal(
      state,
      refused('ProviderThrottled', true, 42),
      settings,
      at(1),
    );
    expect(event).toBe('Video Job Queued');
    expect(after).toMatchObject({ status: 'queued', queueKey: '5#0000000007#job1' });
    expect(after).not.toHaveProperty('slot');
    expect(after).not.toHaveProperty('sendAt');
  });

  it.each([
    ['ProviderUnauthorized', 'PROVIDER_AUTH'],
    ['ProviderBalanceTooLow', 'PROVIDER_BALANCE'],
    ['ProviderQuotaExhausted', 'PROVIDER_QUOTA'],
    ['ProviderKeyMissing', 'PROVIDER_KEY_MISSING'],
    ['ProviderUnreachable', 'PROVIDER_FAILED'],
    ['ProviderUnavailable', 'PROVIDER_FAILED'],
  ] as const)(
    '%s is no fault of the job: it waits, and a person is told by the first alone',
    (name, code) => {
      const quiet = afterRefusal(submittingState(), refused(name, false), settings, at(1));
      expect(quiet).toMatchObject({ event: 'Video Job Queued', state: { status: 'queued' } });
      expect(quiet.state).not.toHaveProperty('attention');
      const first = afterRefusal(submittingState(), refused(name, false), settings, at(1), true);
      expect(first).toMatchObject({
        event: 'Video Job Needs Attention',
        state: { status: 'queued', attention: { reason: code, since: at(1) } },
      });
    },
  );

  it('waits on however long that takes', () => {
    const error = refused('ProviderUnauthorized', false);
    expect(afterRefusal(submittingState(), error, settings, at(30 * 86_400)).state.status).toBe('queued');
  });

  it('that alone is refused again and again, while others are taken, is its own fault', () => {
    let state = submittingState();
    const statuses: string[] = [];
    for (let time = 1; time <= 4; time += 1) {
      const after = afterRefusal(state, refused('ProviderUnauthorized', false), settings, at(time), true);
      statuses.push(after.state.status);
      state = { ...after.state, status: 'submitting' };
    }
    expect(statuses).toEqual(['queued', 'queued', 'queued', 'failed']);
    expect(state.failure).toMatchObject({ code: 'PROVIDER_AUTH', charged: 'no' });
  });

  it.each([
    ['ProviderRejected', 'PROVIDER_REJECTED'],
    ['ProviderFilteredRequest', 'CONTENT_FILTERED'],
    ['ModelRetired', 'MODEL_RETIRED'],
  ] as const)('%s ends the job as %s, free, with advice', (name, code) => {
    const { event, state } = afterRefusal(submittingState(), refused(name, false), settings, at(1));
    expect(event).toBe('Video Job Failed');
    expect(state.failure).toMatchObject({ code, charged: 'no', message: 'their words' });
    expect(state.failure?.advice.length).toBeGreaterThan(20);
    expect(state.attention).toBeUndefined();
  });
});

it('of a retired model the advice names what takes its place', () => {
  const { state } = afterRefusal(
    { ...submittingState(), model: 'veo3' },
    refused('ModelRetired', false),
    settings,
    at(1),
  );
  expect(state.failure).toMatchObject({
    code: 'MODEL_RETIRED',
    advice: expect.stringContaining('veo3.1 '),
  });
});
