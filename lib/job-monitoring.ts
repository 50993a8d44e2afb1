import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { DeadLetters } from './dead-letters.ts';
import type { JobAdmission } from './job-admission.ts';
import type { JobBatches } from './job-batches.ts';
import type { JobEvents } from './job-events.ts';
import type { JobSweeper } from './job-sweeper.ts';
import type { JobWebhooks } from './job-webhooks.ts';
import type { JobWorkflow } from './job-workflow.ts';
import type { UploadTrigger } from './upload-trigger.ts';

export interface JobMonitoringProps {
  readonly uploads: UploadTrigger;
  readonly workflow: JobWorkflow;
  readonly admission: JobAdmission;
  readonly batches: JobBatches;
  readonly events: JobEvents;
  readonly webhooks: JobWebhooks;
  readonly sweeper: JobSweeper;
  /** Ids of the stage's providers. */
  readonly providers: readonly string[];
  /** The SNS topic that alarms tell; without it they show in CloudWatch only. */
  readonly alarmTopicArn?: string | undefined;
}

interface AlarmProps {
  readonly metric: IMetric;
  /** Sounds above this. 0 by default. */
  readonly threshold?: number;
  /** Sounds when nothing is measured, instead. */
  readonly isSilenceBad?: boolean;
  readonly affected: string;
  readonly tryFirst: string;
  /** Heading in docs/runbook.md, as in its link. */
  readonly runbook: string;
}

/** Alarms for what nobody would see. Each says who is affected and what to try first, and names its page of the runbook. */
export class JobMonitoring extends Construct {
  private readonly alarmTopicArn: string | undefined;

  constructor(
    scope: Construct,
    id: string,
    {
      uploads,
      workflow,
      admission,
      batches,
      events,
      webhooks,
      sweeper,
      providers,
      alarmTopicArn,
    }: JobMonitoringProps,
  ) {
    super(scope, id);
    this.alarmTopicArn = alarmTopicArn;

    this.addAlarm('UploadsUndelivered', {
      metric: waiting(uploads.undelivered),
      affected: 'Frames dropped in the inbox have no job: EventBridge could not put them in the queue.',
      tryFirst: 'Look at the queue policy of the uploads queue, then put the messages into that queue.',
      runbook: 'uploads-undelivered',
    });
    this.addAlarm('UploadsUnaccepted', {
      metric: waiting(uploads.unaccepted),
      affected: 'Frames dropped in the inbox have no job: accept-upload failed five times for each.',
      tryFirst: 'Read the errors of accept-upload, mend the cause, and start the redrive of the queue.',
      runbook: 'uploads-unaccepted',
    });
    const trouble = workflow.metricsOfTrouble();
    this.addAlarm('ExecutionsFailed', {
      metric: trouble.Failed,
      affected: 'Jobs could not go on. The sweeper starts them again; a bug stops them again.',
      tryFirst: 'Open the failed execution, read the error of its last step, and mend that.',
      runbook: 'executions-failed',
    });
    this.addAlarm('ExecutionsTimedOut', {
      metric: trouble.TimedOut,
      affected: 'Jobs were stopped by a time limit. The sweeper starts them again, and they stop again.',
      tryFirst: 'The workflow has no time limit of its own: look who set one.',
      runbook: 'executions-timed-out',
    });
    this.addAlarm('SubmitsUnknown', {
      metric: events.metricAttention('SubmitsUnknown', ['SUBMIT_UNANSWERED']),
      affected:
        'Nobody knows whether a video was ordered: the provider did not answer, and may have charged for it.',
      tryFirst:
        'Look for the task in the dashboard of the provider, then redrive the job with what you found.',
      runbook: 'submit-unknown',
    });
    this.addAlarm('DownloadsFailing', {
      metric: events.metricAttention('DownloadsFailing', ['DOWNLOAD_FAILED', 'DOWNLOAD_INVALID']),
      affected:
        'A video that is paid for cannot be fetched, and is gone when the provider keeps it no longer.',
      tryFirst: 'Read unconfirmed.reason of the job, and mend the way to the file before its mustDownloadBy.',
      runbook: 'downloads-failing',
    });
    this.addAlarm('JobsOverdue', {
      metric: events.metricAttention('JobsOverdue', ['OVERDUE']),
      affected: 'Videos take longer than the deadline of their provider. They are asked for on.',
      tryFirst: 'Look at the status page of the provider; nothing has to be done here.',
      runbook: 'overdue',
    });
    this.addAlarm('UnknownStatusWords', {
      metric: workflow.metricOfUnknownWords(),
      affected:
        'Jobs are asked for again and again: a provider answers with a status word that nobody here knows.',
      tryFirst:
        'Find the word in the log of check-job and say what it means in core/providers/dialects/status-words.ts.',
      runbook: 'unknown-status-words',
    });
    // One each: while one is parked for hours another is heard of all the same.
    for (const provider of providers)
      this.addAlarm(`ProviderParked-${provider}`, {
        metric: sweeper.metricParked(provider),
        affected: `Provider ${provider} refuses every order. Its jobs wait, free, and go on by themselves when it takes one.`,
        tryFirst: 'GET /providers says why: a key, the balance, a quota, or the provider is down.',
        runbook: 'provider-parked',
      });
    this.addAlarm('AdmissionsUnheeded', {
      metric: waiting(admission.unheeded),
      affected: 'Jobs that wait for a slot may start up to a minute later than they could.',
      tryFirst: 'Read the errors of admit-jobs, mend the cause, then delete the messages.',
      runbook: 'admissions-unheeded',
    });
    this.addAlarm('BatchesUnexpanded', {
      metric: waiting(batches.unexpanded),
      affected: 'Rows of a batch are not ordered yet: expand-batch failed five times. None is ordered twice.',
      tryFirst: 'Read the errors of expand-batch, mend the cause, and start the redrive of the queue.',
      runbook: 'batches-unexpanded',
    });
    this.addAlarm('EventsUnpublished', {
      metric: waiting(events.unpublished),
      affected:
        'Consumers of the event bus were not told what happened to some jobs. The jobs themselves are well.',
      tryFirst: 'Read the errors of publish-job-events, then publish the records that wait in the queue.',
      runbook: 'events-unpublished',
    });
    this.addAlarm('EventsLate', {
      metric: events.metricDelay(),
      threshold: Duration.minutes(5).toMilliseconds(),
      affected:
        'Consumers of the event bus hear of jobs more than five minutes late. After 24 hours events are lost.',
      tryFirst: 'Read the errors of publish-job-events; one bad record holds up those behind it.',
      runbook: 'events-late',
    });
    this.addAlarm('WebhooksUndelivered', {
      metric: waiting(webhooks.undelivered),
      affected: 'Receivers of webhooks were not told of some events for a day. The jobs themselves are well.',
      tryFirst:
        'Look at the deliveries of such a job (GET /jobs/{id}): what its receiver answers is for its owner to mend.',
      runbook: 'webhooks-undelivered',
    });
    this.addAlarm('RepairsUndelivered', {
      metric: waiting(sweeper.undelivered),
      affected:
        'EventBridge could not call the sweeper, or the repair of a stopped job. Stuck jobs wait longer.',
      tryFirst:
        'Look whether sweep-jobs runs every minute; then delete the messages, the next sweep made up for them.',
      runbook: 'repairs-undelivered',
    });
    this.addAlarm('SweepsFailing', {
      metric: sweeper.metricTrouble(),
      affected: 'Some stuck jobs or late events could not be helped. They are tried again every ten minutes.',
      tryFirst: 'Read the errors of sweep-jobs ("not swept"): they name the items.',
      runbook: 'sweeps-failing',
    });
    this.addAlarm('SweepsMissing', {
      metric: sweeper.metricSweeps(),
      isSilenceBad: true,
      affected: 'Nobody looks after jobs that are stuck and events that are late.',
      tryFirst:
        'Look whether the rule that calls sweep-jobs every minute is enabled, and why its calls fail.',
      runbook: 'sweeps-missing',
    });
  }

  private addAlarm(
    id: string,
    { metric, threshold, isSilenceBad, affected, tryFirst, runbook }: AlarmProps,
  ): void {
    const sounds = isSilenceBad
      ? {
          threshold: 1,
          comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
          treatMissingData: TreatMissingData.BREACHING,
        }
      : {
          threshold: threshold ?? 0,
          comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
          treatMissingData: TreatMissingData.NOT_BREACHING,
        };
    const alarm = new Alarm(this, id, {
      ...sounds,
      metric,
      evaluationPeriods: 1,
      alarmDescription: `${affected} Try first: ${tryFirst} See docs/runbook.md#${runbook}`,
    });
    if (this.alarmTopicArn !== undefined) {
      alarm.addAlarmAction(new SnsAction(Topic.fromTopicArn(this, `${id}Topic`, this.alarmTopicArn)));
    }
  }
}

const waiting = (queue: DeadLetters): IMetric =>
  queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' });
