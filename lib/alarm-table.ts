import type { IMetric, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { DeadLetters } from './dead-letters.ts';
import type { JobAdmission } from './job-admission.ts';
import type { JobBatches } from './job-batches.ts';
import type { JobEvents } from './job-events.ts';
import type { JobSweeper } from './job-sweeper.ts';
import type { JobWebhooks } from './job-webhooks.ts';
import type { JobWorkflow } from './job-workflow.ts';
import type { UploadTrigger } from './upload-trigger.ts';

/** The subsystems that alarms watch. */
export interface Watched {
  readonly uploads: UploadTrigger;
  readonly workflow: JobWorkflow;
  readonly admission: JobAdmission;
  readonly batches: JobBatches;
  readonly events: JobEvents;
  readonly webhooks: JobWebhooks;
  readonly sweeper: JobSweeper;
}

/** One alarm. It evaluates its metric over the metric's own period, which is five minutes for every row. */
export interface AlarmRow {
  readonly id: string;
  readonly metric: (watched: Watched) => IMetric;
  /** The alarm fires above this value. */
  readonly above: number | 'fires on silence';
  readonly affected: string;
  readonly tryFirst: string;
  /** Heading in docs/runbook.md, as in its link. */
  readonly runbook: string;
}

const messagesIn = (queue: DeadLetters): Metric =>
  queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' });

const FIVE_MINUTES_IN_MS = 300_000;

export const alarmTable: readonly AlarmRow[] = [
  {
    id: 'UploadsUndelivered',
    metric: ({ uploads }) => messagesIn(uploads.undelivered),
    above: 0,
    affected: 'Frames dropped in the inbox have no job: EventBridge could not put them in the queue.',
    tryFirst: 'Check the queue policy of the uploads queue, then send the messages to that queue.',
    runbook: 'uploads-undelivered',
  },
  {
    id: 'UploadsUnaccepted',
    metric: ({ uploads }) => messagesIn(uploads.unaccepted),
    above: 0,
    affected: 'Frames dropped in the inbox have no job: accept-upload failed five times for each.',
    tryFirst: 'Read the errors of accept-upload, fix the cause, and start the redrive of the queue.',
    runbook: 'uploads-unaccepted',
  },
  {
    id: 'ExecutionsFailed',
    metric: ({ workflow }) => workflow.executionMetrics().failed,
    above: 0,
    affected: 'Executions of jobs failed. The sweeper starts them again; a bug makes them fail again.',
    tryFirst: 'Open the failed execution, read the error of its last step, and fix that.',
    runbook: 'executions-failed',
  },
  {
    id: 'ExecutionsTimedOut',
    metric: ({ workflow }) => workflow.executionMetrics().timedOut,
    above: 0,
    affected: 'A time limit stopped jobs. The sweeper starts them again, and they stop again.',
    tryFirst: 'The workflow has no time limit of its own: find out who set one.',
    runbook: 'executions-timed-out',
  },
  {
    id: 'SubmitsUnknown',
    metric: ({ events }) => events.metricAttention('SubmitsUnknown', ['SUBMIT_UNANSWERED']),
    above: 0,
    affected: 'A provider did not answer a submit. It may make the video and charge for it.',
    tryFirst: "Find the task in the provider's dashboard, then redrive the job with what you found.",
    runbook: 'submit-unknown',
  },
  {
    id: 'DownloadsFailing',
    metric: ({ events }) =>
      events.metricAttention('DownloadsFailing', ['DOWNLOAD_FAILED', 'DOWNLOAD_INVALID']),
    above: 0,
    affected: 'A paid video cannot be downloaded. It is lost when the provider deletes it.',
    tryFirst: 'Read unconfirmed.reason of the job, and fix the download before its mustDownloadBy.',
    runbook: 'downloads-failing',
  },
  {
    id: 'JobsOverdue',
    metric: ({ events }) => events.metricAttention('JobsOverdue', ['OVERDUE']),
    above: 0,
    affected: 'Videos take longer than the deadline of their provider. Polling goes on.',
    tryFirst: 'Check the status page of the provider; there is nothing to do here.',
    runbook: 'overdue',
  },
  {
    id: 'UnknownStatusWords',
    metric: ({ workflow }) => workflow.metricOfUnknownWords(),
    above: 0,
    affected: 'Jobs are polled without end: a provider answers with a status word that we do not know.',
    tryFirst:
      'Find the word in the log of check-job and say what it means in core/providers/dialects/status-words.ts.',
    runbook: 'unknown-status-words',
  },
  {
    id: 'AdmissionsUnheeded',
    metric: ({ admission }) => messagesIn(admission.unheeded),
    above: 0,
    affected: 'Jobs that wait for a slot may start up to a minute later than they could.',
    tryFirst: 'Read the errors of admit-jobs, fix the cause, then delete the messages.',
    runbook: 'admissions-unheeded',
  },
  {
    id: 'BatchesUnexpanded',
    metric: ({ batches }) => messagesIn(batches.unexpanded),
    above: 0,
    affected: 'Rows of a batch have no jobs yet: expand-batch failed five times. No row becomes two jobs.',
    tryFirst: 'Read the errors of expand-batch, fix the cause, and start the redrive of the queue.',
    runbook: 'batches-unexpanded',
  },
  {
    id: 'EventsUnpublished',
    metric: ({ events }) => messagesIn(events.unpublished),
    above: 0,
    affected: 'Consumers of the event bus missed events of some jobs. The jobs themselves are well.',
    tryFirst: 'Read the errors of publish-job-events, then publish the records that wait in the queue.',
    runbook: 'events-unpublished',
  },
  {
    id: 'EventsLate',
    metric: ({ events }) => events.metricDelay(),
    above: FIVE_MINUTES_IN_MS,
    affected: 'Events reach the event bus more than five minutes late. After 24 hours they are lost.',
    tryFirst: 'Read the errors of publish-job-events; one bad record holds up those behind it.',
    runbook: 'events-late',
  },
  {
    id: 'WebhooksUndelivered',
    metric: ({ webhooks }) => messagesIn(webhooks.undelivered),
    above: 0,
    affected: 'Receivers of webhooks did not take some events for a day. The jobs themselves are well.',
    tryFirst:
      'Read the deliveries of such a job (GET /jobs/{id}): the owner of the receiver fixes what it answers.',
    runbook: 'webhooks-undelivered',
  },
  {
    id: 'RepairsUndelivered',
    metric: ({ sweeper }) => messagesIn(sweeper.undelivered),
    above: 0,
    affected: 'EventBridge could not call sweep-jobs or repair-job. Stuck jobs wait longer.',
    tryFirst:
      'Check that sweep-jobs runs every minute, then delete the messages: the next sweep did their work.',
    runbook: 'repairs-undelivered',
  },
  {
    id: 'SweepsFailing',
    metric: ({ sweeper }) => sweeper.metricErrors(),
    above: 0,
    affected:
      'The sweeper could not repair some stuck jobs or late events. It tries again every ten minutes.',
    tryFirst: 'Read the errors of sweep-jobs ("not swept"): they name the items.',
    runbook: 'sweeps-failing',
  },
  {
    id: 'InboxSweepsFailing',
    metric: ({ uploads }) => uploads.metricInboxSweepErrors(),
    above: 0,
    affected: 'Drops whose event never came have no job yet. The inbox is swept again every five minutes.',
    tryFirst: 'Read the errors of sweep-inbox ("a missed drop could not be taken up"): they name the drops.',
    runbook: 'inbox-sweeps-failing',
  },
  {
    id: 'SweepsMissing',
    metric: ({ sweeper }) => sweeper.metricSweeps(),
    above: 'fires on silence',
    affected: 'The sweeper does not run: stuck jobs and late events stay as they are.',
    tryFirst: 'Check that the rule that calls sweep-jobs every minute is enabled, and why its calls fail.',
    runbook: 'sweeps-missing',
  },
];

/** One alarm for each provider, so that an open circuit of one does not hide the next. */
export const providerAlarm = (provider: string): AlarmRow => ({
  id: `ProviderParked-${provider}`,
  metric: ({ sweeper }) => sweeper.metricCircuitOpen(provider),
  above: 0,
  affected: `Provider ${provider} refuses every submit. Its jobs wait, free, and go on when it accepts one.`,
  tryFirst: 'GET /providers gives the reason: the key, the balance, a quota, or the provider is down.',
  runbook: 'circuit-open',
});
