import fc from 'fast-check';
import { plusSeconds, secondsBetween } from '../../../../core/kernel/time.ts';
import { newProviderState, type ProviderState } from '../../../../core/queue/provider-state.ts';
import {
  afterThrottle,
  intervalSeconds,
  reserveSendSlot,
  sendSlotOf,
} from '../../../../core/queue/rate-limit.ts';
import { at, T0 } from '../../../support/jobs.ts';

test('never more than N orders in any 60 s, however they come and however late each of them is', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 120 }),
      fc.array(
        fc.tuple(fc.double({ min: 0, max: 30, noNaN: true }), fc.double({ min: 0, max: 5.9, noNaN: true })),
        {
          minLength: 1,
          maxLength: 300,
        },
      ),
      (submitsPerMinute, orders) => {
        let providerState: ProviderState = newProviderState;
        let now = T0;
        const sent: string[] = [];
        for (const [pause, late] of orders) {
          now = plusSeconds(now, pause);
          const turn = reserveSendSlot(providerState, { submitsPerMinute }, now);
          providerState = turn.providerState;
          sent.push(plusSeconds(turn.sendAt, late));
        }
        sent.sort();
        for (const [index, time] of sent.entries()) {
          const next = sent[index + submitsPerMinute];
          if (next !== undefined) expect(secondsBetween(time, next)).toBeGreaterThanOrEqual(60);
        }
      },
    ),
  );
});

test('a slow trickle is sent at once, and without a limit nothing is reserved', () => {
  const first = reserveSendSlot(newProviderState, { submitsPerMinute: 60 }, T0);
  expect(first.sendAt).toBe(T0);
  expect(reserveSendSlot(first.providerState, { submitsPerMinute: 60 }, at(10)).sendAt).toBe(at(10));
  const free = reserveSendSlot(newProviderState, {}, T0);
  expect(free).toEqual({ sendAt: T0, providerState: newProviderState });
});

test.each([
  [undefined, { is: 'none' }],
  [at(7.2), { is: 'ahead', seconds: 8 }],
  [at(0), { is: 'now' }],
  [at(-3), { is: 'now' }],
  [at(-3.5), { is: 'missed' }],
])('an order that may leave at %s', (sendAt, turn) => {
  expect(sendSlotOf(sendAt, T0)).toEqual(turn);
});

describe('a 429', () => {
  it('is a pause as long as the provider asks, or half a minute', () => {
    expect(afterThrottle(newProviderState, 42, T0).pausedUntil).toBe(at(42));
    expect(afterThrottle(newProviderState, undefined, T0).pausedUntil).toBe(at(30));
    expect(reserveSendSlot(afterThrottle(newProviderState, 42, T0), {}, at(1)).sendAt).toBe(at(42));
  });

  it('never shortens a pause, and those of the same wave teach nothing more', () => {
    const paused = afterThrottle(newProviderState, 42, T0);
    const again = afterThrottle(paused, 2, at(1));
    expect(again).toEqual(paused);
    expect(afterThrottle(paused, 60, at(1))).toEqual({ ...paused, pausedUntil: at(61) });
  });

  it('teaches a distance that doubles with each, up to a minute, and is forgotten by halves', () => {
    let providerState: ProviderState = newProviderState;
    const learned: number[] = [];
    for (let wave = 0; wave < 9; wave += 1) {
      providerState = afterThrottle(providerState, 1, at(10 * wave));
      learned.push(intervalSeconds(providerState, {}, at(10 * wave)));
    }
    expect(learned).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(intervalSeconds(providerState, {}, at(80 + 600))).toBe(30);
    expect(intervalSeconds(providerState, {}, at(80 + 7 * 600))).toBe(0);
  });
});
