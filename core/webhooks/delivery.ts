import * as z from 'zod';
import { JobEvent } from '../jobs/job-event.ts';
import { DetailType } from '../kernel/contract.ts';

/** A timeline entry on its way to a receiver: what the bus carries, with the event's type beside its detail. */
export const WebhookMessage = z.object({
  'detail-type': DetailType,
  detail: JobEvent.omit({ type: true }),
  /** A person requested it: it is sent even if it was delivered. */
  redelivery: z.literal(true).exactOptional(),
});
export type WebhookMessage = z.infer<typeof WebhookMessage>;

/** The result of one try. */
const Outcome = z.enum([
  'delivered',
  /** It is sent again at `nextAt`. */
  'retrying',
  /** The receiver said 410: nothing more of this job is sent there. */
  'gone',
  /** The address may not be called. */
  'refused',
  /** A day of tries is over. */
  'given-up',
]);

/** One try to deliver an event. Only the host of the receiver is kept. */
export const Delivery = z
  .object({
    eventId: z.string(),
    sequence: z.int().positive(),
    type: DetailType,
    attempt: z.int().positive(),
    at: z.string(),
    host: z.string(),
    outcome: Outcome,
    status: z.int().exactOptional().describe('What the receiver answered, if it did.'),
    reason: z.string().exactOptional(),
    nextAt: z.string().exactOptional(),
  })
  .meta({ id: 'Delivery' });
export type Delivery = z.infer<typeof Delivery>;

/** `Video Job Needs Attention` → `video_job.needs_attention`: letters, underscores and one full stop, as the specification asks. */
export const webhookTypeOf = (type: DetailType): string =>
  type
    .toLowerCase()
    .replace(/^video job /, 'video_job.')
    .replaceAll(' ', '_');

/** What a receiver gets, in the shape that the specification recommends. The data is the event's detail on the bus. */
export const webhookBody = ({ 'detail-type': type, detail }: WebhookMessage): string => {
  const { webhook: _, ...data } = detail;
  return JSON.stringify({ type: webhookTypeOf(type), timestamp: detail.at, data });
};

/** Whether to send this event, by the results of this job's earlier tries. */
export const isDeliveryDue = (
  { detail, redelivery }: WebhookMessage,
  before: readonly Pick<Delivery, 'eventId' | 'outcome'>[],
): boolean =>
  redelivery === true ||
  !before.some(
    ({ eventId, outcome }) => outcome === 'gone' || (outcome === 'delivered' && eventId === detail.eventId),
  );

/** The result of a call: the status, or why there is none. */
export type CallResult =
  | { readonly status: number; readonly retryAfterSeconds?: number | undefined }
  | { readonly is: 'refused' | 'failed'; readonly reason: string };

export type Next = Pick<Delivery, 'outcome'> | { readonly outcome: 'retrying'; readonly waitSeconds: number };

const PATIENCE_SECONDS = 86_400;

/** What follows a try. Anything but 2xx and 410 may be a temporary mistake of the receiver: a redirect, a 401, a 404 too. */
export const nextDelivery = (result: CallResult, ageSeconds: number, chance: number): Next => {
  if ('is' in result && result.is === 'refused') return { outcome: 'refused' };
  if ('status' in result && result.status >= 200 && result.status < 300) return { outcome: 'delivered' };
  if ('status' in result && result.status === 410) return { outcome: 'gone' };
  const asked = 'status' in result ? result.retryAfterSeconds : undefined;
  const waitSeconds = waitBeforeNextTry(ageSeconds, chance, asked);
  return waitSeconds === undefined ? { outcome: 'given-up' } : { outcome: 'retrying', waitSeconds };
};

const FIRST_WAIT_SECONDS = 5;
const LONGEST_WAIT_SECONDS = 4 * 3600;
// SQS hides a message for 12 h at most, counted from when it was received.
const LONGEST_HIDING_SECONDS = 11 * 3600;

/**
 * Seconds until the next try of a message of this age: as long as the message is old, so tries come after 5, 10, 20 … s, and
 * from 4 h on every 4 h; some 17 in a day. Longer if the receiver asks for it. Nothing when its day is over.
 * @param chance 0 … 1: messages that failed together do not come back together
 */
export const waitBeforeNextTry = (
  ageSeconds: number,
  chance: number,
  askedSeconds = 0,
): number | undefined => {
  const left = Math.floor(PATIENCE_SECONDS - ageSeconds);
  if (left < FIRST_WAIT_SECONDS) return undefined;
  const usual = Math.min(Math.max(ageSeconds, FIRST_WAIT_SECONDS), LONGEST_WAIT_SECONDS);
  const wait = Math.max(usual * (0.8 + 0.4 * chance), askedSeconds);
  // The last try is when the day is over, not before.
  return Math.ceil(Math.min(wait, left, LONGEST_HIDING_SECONDS));
};
