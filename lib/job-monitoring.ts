import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { DeadLetters } from './dead-letters.ts';
import type { JobEvents } from './job-events.ts';
import type { JobWorkflow } from './job-workflow.ts';
import type { UploadTrigger } from './upload-trigger.ts';

export interface JobMonitoringProps {
  readonly uploads: UploadTrigger;
  readonly workflow: JobWorkflow;
  readonly events: JobEvents;
  /** The SNS topic that alarms tell; without it they show in CloudWatch only. */
  readonly alarmTopicArn?: string | undefined;
}

interface AlarmProps {
  readonly metric: IMetric;
  /** Sounds above this. 0 by default. */
  readonly threshold?: number;
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
    { uploads, workflow, events, alarmTopicArn }: JobMonitoringProps,
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
      affected: 'Jobs stand still. Their videos may be paid for and not stored.',
      tryFirst: 'Open the failed execution, read the error of its last step, and start the job again.',
      runbook: 'executions-failed',
    });
    this.addAlarm('ExecutionsTimedOut', {
      metric: trouble.TimedOut,
      affected: 'Jobs stand still. Their videos may be paid for and not stored.',
      tryFirst: 'The workflow has no time limit of its own: look who set one, and start the jobs again.',
      runbook: 'executions-timed-out',
    });
    this.addAlarm('ExecutionsAborted', {
      metric: trouble.Aborted,
      affected: 'Jobs that somebody stopped stand still. Their videos may be paid for and not stored.',
      tryFirst: 'Ask who stopped them (CloudTrail: StopExecution), and start the jobs again.',
      runbook: 'executions-aborted',
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
  }

  private addAlarm(id: string, { metric, threshold, affected, tryFirst, runbook }: AlarmProps): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold: threshold ?? 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: `${affected} Try first: ${tryFirst} See docs/runbook.md#${runbook}`,
    });
    if (this.alarmTopicArn !== undefined) {
      alarm.addAlarmAction(new SnsAction(Topic.fromTopicArn(this, `${id}Topic`, this.alarmTopicArn)));
    }
  }
}

const waiting = (queue: DeadLetters): IMetric =>
  queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' });
