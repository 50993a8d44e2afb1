import fc from 'fast-check';
import {
  EVENTS_PER_POLL,
  MAX_HISTORY_EVENTS,
  mostPolls,
  RESERVED_EVENTS,
} from '../../../../core/jobs/history-events.ts';
import { nextWaitSeconds } from '../../../../core/jobs/poll-schedule.ts';
import { ProviderSettings } from '../../../../core/settings.ts';
import { providerSettings } from '../../../support/jobs.ts';

const defaults = ProviderSettings.parse({
  dialect: 'gptproto',
  submitBaseUrl: 'https://example.com',
  models: ['veo3.1-fast'],
});
const parse = (times: object) =>
  ProviderSettings.safeParse({
    dialect: 'gptproto',
    submitBaseUrl: 'https://example.com',
    models: ['veo3.1-fast'],
    ...times,
  });

test('the defaults need less than a third of an execution’s history', () => {
  const events = mostPolls(defaults) * EVENTS_PER_POLL + RESERVED_EVENTS;
  expect(events).toBeGreaterThan(RESERVED_EVENTS + 1000);
  expect(events).toBeLessThan(MAX_HISTORY_EVENTS / 3);
});

test('no plan that starts later, and no provider that asks us to wait, leads to more polls', () => {
  fc.assert(
    fc.property(
      fc.record({
        firstWaitSeconds: fc.integer({ min: 1, max: 600 }),
        pollStepSeconds: fc.integer({ min: 1, max: 120 }),
        deadlineSeconds: fc.integer({ min: 60, max: 40_000 }),
        retentionSeconds: fc.integer({ min: 900, max: 172_800 }),
      }),
      fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 20 }),
      (changes, delays) => {
        const times = providerSettings(changes);
        let polls = 0;
        for (let seconds = times.firstWaitSeconds; seconds < times.retentionSeconds; polls += 1)
          seconds += nextWaitSeconds(seconds, times, delays[polls]);
        // Steps shrink where a poll comes late for its plan: by one of the growing steps at most.
        expect(polls).toBeLessThanOrEqual(mostPolls(times) + 1);
      },
    ),
  );
});

test('a deadline whose polls pass the history of one execution is refused with the arithmetic', () => {
  expect(parse({ deadlineSeconds: 12 * 3600 }).success).toBe(true);
  const { error } = parse({ deadlineSeconds: 24 * 3600 });
  expect(error?.issues).toEqual([
    expect.objectContaining({
      path: ['deadlineSeconds'],
      message: expect.stringMatching(/at most 2222 fit \(25,000 history events, 5,000 of them .* 9 a poll\)/),
    }),
  ]);
  expect(parse({ deadlineSeconds: 24 * 3600, pollStepSeconds: 60 }).success).toBe(true);
});

test('a provider that keeps videos for a month is polled hourly, which fits', () => {
  expect(parse({ retentionSeconds: 30 * 86_400 }).success).toBe(true);
});
