import * as z from 'zod';
import { Failure, type JobState } from '../core/jobs/job.ts';
import { JobEvent } from '../core/jobs/job-event.ts';
import { inDollars } from '../core/kernel/money.ts';

/** What a person reads of a job's course, and how it ended for them. Text only: no reading, no writing. */

const EventDetail = z.looseObject({
  ...JobEvent.shape,
  provider: z.string().optional(),
  model: z.string().optional(),
  taskId: z.string().optional(),
  priceMicros: z.number().optional(),
  costMicros: z.number().optional(),
  attention: z.looseObject({ reason: z.string() }).optional(),
  failure: Failure.optional(),
  durationSeconds: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  bytes: z.number().optional(),
});
type EventDetail = z.infer<typeof EventDetail>;

/** `Video Job Submitted` as `Submitted`, with what matters about it. */
export const eventText = (event: JobEvent): string => {
  const detail = EventDetail.parse(event);
  const name = event.type.replace('Video Job ', '');
  const facts = factsOf(detail).filter((fact) => fact !== undefined);
  return facts.length > 0 ? `${name}  ${facts.join(', ')}` : name;
};

const factsOf = (detail: EventDetail): (string | undefined)[] => {
  const { model, provider, priceMicros, taskId, failure, attention } = detail;
  switch (detail.type) {
    case 'Video Job Accepted':
      return [
        model && `${model} at ${provider}`,
        priceMicros === undefined ? undefined : `list price ${inDollars(priceMicros)}`,
      ];
    case 'Video Job Moved':
      return [`now ${model} at ${provider}`];
    case 'Video Job Submitted':
      return [taskId && `task ${taskId}`];
    case 'Video Job Succeeded':
      return [
        `${detail.durationSeconds} s of ${detail.width}×${detail.height}, ${megabytes(detail.bytes ?? 0)}`,
        detail.costMicros === undefined ? undefined : inDollars(detail.costMicros),
      ];
    case 'Video Job Failed':
      return [failure?.code];
    case 'Video Job Restarted':
    case 'Video Job Cancel Requested':
    case 'Video Job Cancelled':
      return [detail.action, `by ${detail.actor}`];
    case 'Video Job Needs Attention':
    case 'Video Job Overdue':
      return [attention?.reason];
    default:
      return [];
  }
};

/** What the timeline does not tell: a status without an event of its own. */
export const statusText = ({ status }: JobState): string | undefined =>
  ({
    submitting: 'submitting',
    storing: 'storing: the video is ready and on its way into the bucket',
  })[String(status)];

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

/** Whether there is anything left to wait for. `stopped`: only a person can move it. */
export type Outcome = 'going' | 'succeeded' | 'stopped';

export const outcomeOf = ({ status }: JobState): Outcome => {
  if (status === 'succeeded') return 'succeeded';
  // One whose workflow stopped goes on, too: the sweeper starts it again.
  return status === 'failed' || status === 'cancelled' || status === 'submit-unknown' ? 'stopped' : 'going';
};

/** Why a job ended without a video, and what to do: sentences for the terminal. */
export const stopText = (state: JobState): string => {
  const { failure, jobId, status } = state;
  if (failure) {
    return [
      status === 'cancelled'
        ? `Job ${jobId} ended without a video. ${failure.message}`
        : `Job ${jobId} failed: ${failure.code}. ${failure.message}`,
      `What to do: ${failure.advice}`,
      chargedText(state),
    ].join('\n');
  }
  const atStake = state.priceMicros === undefined ? '' : ` (list price ${inDollars(state.priceMicros)})`;
  return [
    `Job ${jobId} is submit-unknown: ${state.attention?.reason ?? 'SUBMIT_UNANSWERED'}. The order was sent and never answered, so it may have been charged${atStake}. Startframe does not send it again by itself.`,
    `What to do: look at the list of tasks at ${state.provider ?? 'the provider'}, then redrive the job (docs/runbook.md#submit-unknown).`,
  ].join('\n');
};

const chargedText = ({ failure, priceMicros }: JobState): string => {
  const price = priceMicros === undefined ? '' : ` (list price ${inDollars(priceMicros)})`;
  if (failure?.charged === 'no') return 'Charged: no.';
  return failure?.charged === 'yes' ? `Charged: yes${price}.` : `Charged: not known${price}.`;
};
