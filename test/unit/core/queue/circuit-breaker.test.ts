import type { FailureCode } from '../../../../core/kernel/contract.ts';
import { ProviderError, type ProviderErrorName } from '../../../../core/kernel/errors.ts';
import { secondsBetween } from '../../../../core/kernel/time.ts';
import { circuitOpeningCode } from '../../../../core/providers/provider-fault.ts';
import {
  closeCircuit,
  isProbeDue,
  openCircuit,
  pause,
  quotaReset,
  resume,
  startProbe,
} from '../../../../core/queue/circuit-breaker.ts';
import { newProviderState } from '../../../../core/queue/provider-state.ts';
import { at, T0 } from '../../../support/jobs.ts';

const refusal = (jobId: string, code: FailureCode = 'PROVIDER_AUTH', retryAfterSeconds?: number) => ({
  jobId,
  code,
  error: new ProviderError('ProviderUnauthorized', 'wrong key', {
    retryable: false,
    charged: 'no',
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  }),
});

test.each([
  ['ProviderUnauthorized', 'PROVIDER_AUTH'],
  ['ProviderBalanceTooLow', 'PROVIDER_BALANCE'],
  ['ProviderKeyMissing', 'PROVIDER_KEY_MISSING'],
  ['ProviderQuotaExhausted', 'PROVIDER_QUOTA'],
  ['ProviderUnreachable', 'PROVIDER_FAILED'],
  ['ProviderUnavailable', 'PROVIDER_FAILED'],
  ['ProviderRejected', undefined],
  ['ProviderFilteredRequest', undefined],
  ['ModelRetired', undefined],
  ['ProviderThrottled', undefined],
] satisfies [ProviderErrorName, FailureCode | undefined][])('%s parks the provider as %s', (name, code) => {
  expect(circuitOpeningCode(name)).toBe(code);
});

test('of hundreds of refusals the first parks the provider, and a person is told once', () => {
  const first = openCircuit(newProviderState, refusal('job1'), 'gptproto', T0);
  expect(first).toMatchObject({
    isNew: true,
    providerState: { breaker: { refusals: 1, since: T0, retryAt: at(30) } },
  });
  const second = openCircuit(first.providerState, refusal('job2'), 'gptproto', at(1));
  expect(second).toEqual({ providerState: first.providerState, isNew: false });
});

test('it is time for a probe when the pause is over and nobody tries', () => {
  const { breaker } = openCircuit(newProviderState, refusal('job1'), 'gptproto', T0).providerState;
  if (!breaker) throw new Error('It is not opened.');
  expect([isProbeDue(breaker, at(29)), isProbeDue(breaker, at(30))]).toEqual([false, true]);
  expect(isProbeDue({ ...breaker, probe: { jobId: 'job2', since: at(30) } }, at(31))).toBe(false);
});

test('a provider that asks for a longer pause gets it', () => {
  const { providerState } = openCircuit(
    newProviderState,
    refusal('job1', 'PROVIDER_FAILED', 300),
    'gptproto',
    T0,
  );
  expect(providerState.breaker?.retryAt).toBe(at(300));
});

test('each probe that fails makes the pause longer, up to a quarter of an hour; the first that does not ends it', () => {
  let { providerState } = openCircuit(newProviderState, refusal('job1'), 'gptproto', T0);
  const pauses = [30];
  for (let probe = 0; probe < 7; probe += 1) {
    const opened = openCircuit(startProbe(providerState, 'probe', T0), refusal('probe'), 'gptproto', T0);
    expect(opened.isNew).toBe(false);
    providerState = opened.providerState;
    expect(providerState.breaker).not.toHaveProperty('probe');
    pauses.push(secondsBetween(T0, providerState.breaker?.retryAt ?? ''));
  }
  expect(pauses).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
  expect(closeCircuit(providerState)).toEqual(newProviderState);
});

describe('a quota of a day', () => {
  it('parks until it resets, then is tried each hour', () => {
    const { providerState } = openCircuit(
      newProviderState,
      refusal('job1', 'PROVIDER_QUOTA'),
      'gptproto',
      '2026-03-01T20:00:00.000Z',
    );
    expect(providerState.breaker?.retryAt).toBe('2026-03-02T00:05:00.000Z');
    const after = openCircuit(
      startProbe(providerState, 'job2', T0),
      refusal('job2', 'PROVIDER_QUOTA'),
      'gptproto',
      '2026-03-02T00:05:00.000Z',
    );
    expect(after.providerState.breaker?.retryAt).toBe('2026-03-02T01:05:00.000Z');
  });

  it('that says how long it takes is believed', () => {
    const { providerState } = openCircuit(
      newProviderState,
      refusal('job1', 'PROVIDER_QUOTA', 5000),
      'gemini',
      T0,
    );
    expect(providerState.breaker?.retryAt).toBe(at(5000));
    const seconds = openCircuit(newProviderState, refusal('job1', 'PROVIDER_QUOTA', 40), 'gptproto', T0);
    expect(seconds.providerState.breaker?.retryAt).toBe('2026-01-02T00:05:00.000Z');
  });

  it.each([
    // Winter, summer, and the days of 23 and of 25 hours.
    ['2026-01-15T12:00:00.000Z', '2026-01-16T08:00:00.000Z'],
    ['2026-07-15T12:00:00.000Z', '2026-07-16T07:00:00.000Z'],
    ['2026-03-08T09:00:00.000Z', '2026-03-09T07:00:00.000Z'],
    ['2026-11-01T08:30:00.000Z', '2026-11-02T08:00:00.000Z'],
  ])('of Google resets at midnight Pacific time: at %s that is %s', (now, reset) => {
    expect(quotaReset('gemini', now)).toBe(reset);
  });
});

test('a person stops the orders, and lets them go on with a probe at once', () => {
  const { providerState } = openCircuit(newProviderState, refusal('job1'), 'gptproto', T0);
  const held = pause(startProbe(providerState, 'job2', T0), 'ann', 'too dear', at(1));
  expect(held.pause).toEqual({ by: 'ann', at: at(1), reason: 'too dear' });
  const released = resume(held, at(2));
  expect(released).not.toHaveProperty('pause');
  expect(released.breaker).toMatchObject({ retryAt: at(2), refusals: 1 });
  expect(released.breaker).not.toHaveProperty('probe');
  expect(resume(pause(newProviderState, 'ann', undefined, T0), T0)).toEqual(newProviderState);
});
