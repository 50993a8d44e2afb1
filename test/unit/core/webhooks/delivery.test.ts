import fc from 'fast-check';
import { jobEvent } from '../../../../core/jobs/job-event.ts';
import {
  isDeliveryDue,
  nextDelivery,
  WebhookMessage,
  waitBeforeNextTry,
  webhookBody,
  webhookTypeOf,
} from '../../../../core/webhooks/delivery.ts';
import { acceptedState, jobRequest } from '../../../support/jobs.ts';

const { type, ...detail } = jobEvent(
  'Video Job Failed',
  acceptedState(),
  jobRequest({ webhookUrl: 'https://shop.example/hook' }),
);
const message = WebhookMessage.parse({ 'detail-type': type, detail });

test('a receiver gets type, time and data, as the specification recommends', () => {
  expect(JSON.parse(webhookBody(message))).toEqual({
    type: 'video_job.failed',
    timestamp: detail.at,
    data: expect.objectContaining({ jobId: 'job1', eventId: 'job1:1', metadata: { campaign: 'spring' } }),
  });
  expect(webhookBody(message)).not.toContain('webhook');
  expect(webhookTypeOf('Video Job Needs Attention')).toBe('video_job.needs_attention');
});

test('an event says that there is a webhook only where the job names one', () => {
  expect(detail).toMatchObject({ webhook: true });
  expect(jobEvent('Video Job Failed', acceptedState(), jobRequest())).not.toHaveProperty('webhook');
});

describe('an event is due', () => {
  const tried = (outcome: 'delivered' | 'gone' | 'retrying' | 'given-up', eventId = 'job1:1') => ({
    eventId,
    outcome,
  });
  it.each([
    ['never tried', [], true],
    ['tried in vain', [tried('retrying')], true],
    ['another was delivered', [tried('delivered', 'job1:0')], true],
    ['delivered', [tried('retrying'), tried('delivered')], false],
    ['the receiver wants no more of this job', [tried('gone', 'job1:0')], false],
  ])('%s: %p → %p', (_, before, isDue) => {
    expect(isDeliveryDue(message, before)).toBe(isDue);
    expect(isDeliveryDue({ ...message, redelivery: true }, before)).toBe(true);
  });
});

describe('an answer', () => {
  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [410, 'gone'],
    [301, 'retrying'],
    [401, 'retrying'],
    [404, 'retrying'],
    [429, 'retrying'],
    [500, 'retrying'],
  ])('%p: %s', (status, outcome) => expect(nextDelivery({ status }, 0, 0.5)).toMatchObject({ outcome }));

  it('none: again, and given up when the day is over', () => {
    const failed = { is: 'failed', reason: 'no answer' } as const;
    expect(nextDelivery(failed, 0, 0.5)).toEqual({ outcome: 'retrying', waitSeconds: 5 });
    expect(nextDelivery(failed, 86_400, 0.5)).toEqual({ outcome: 'given-up' });
  });

  it('of an address that is not called: never again', () =>
    expect(nextDelivery({ is: 'refused', reason: 'private' }, 0, 0.5)).toEqual({ outcome: 'refused' }));

  it('with Retry-After: not before', () => {
    const asked = (retryAfterSeconds: number, age = 0) =>
      nextDelivery({ status: 429, retryAfterSeconds }, age, 0.5);
    expect(asked(120)).toMatchObject({ waitSeconds: 120 });
    expect(asked(1)).toMatchObject({ waitSeconds: 5 });
    // SQS hides nothing for longer than 12 h.
    expect(asked(86_400)).toMatchObject({ waitSeconds: 39_600 });
  });
});

test('a receiver that never answers is tried for a day, ever more rarely, and at its end', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (chances) => {
      const ages = [0];
      for (const chance of chances) {
        const wait = waitBeforeNextTry(ages.at(-1) ?? 0, chance);
        if (wait === undefined) break;
        expect(wait).toBeGreaterThanOrEqual(4);
        expect(wait).toBeLessThanOrEqual(43_200);
        ages.push((ages.at(-1) ?? 0) + wait);
      }
      expect(ages.at(-1)).toBeGreaterThanOrEqual(86_394);
      expect(ages.at(-1)).toBeLessThanOrEqual(86_400);
      expect(ages.length).toBeGreaterThan(14);
      expect(ages.length).toBeLessThan(25);
    }),
  );
});
