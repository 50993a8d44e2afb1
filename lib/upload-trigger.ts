import { Duration } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeadLetters } from './dead-letters.ts';
import type { FrameInbox } from './frame-inbox.ts';
import type { JobStore } from './job-store.ts';
import type { JobWorkflow } from './job-workflow.ts';
import { type FunctionDefaults, PipelineFunction } from './pipeline-function.ts';

export interface UploadTriggerProps {
  readonly functions: FunctionDefaults;
  readonly inbox: FrameInbox;
  readonly jobs: JobStore;
  readonly workflow: JobWorkflow;
}

/** From a drop in the inbox to a job: rule, queue, and the function that accepts the upload. */
export class UploadTrigger extends Construct {
  /** Drops that EventBridge could not put into the queue. */
  readonly undelivered: DeadLetters;
  /** Drops that accept-upload failed at. A redrive moves them back to the queue. */
  readonly unaccepted: DeadLetters;
  private readonly sweepInbox: PipelineFunction;

  constructor(scope: Construct, id: string, props: UploadTriggerProps) {
    super(scope, id);
    this.undelivered = new DeadLetters(this, 'Undelivered');
    this.unaccepted = new DeadLetters(this, 'Unaccepted');

    const acceptUpload = new PipelineFunction(this, 'AcceptUpload', {
      functions: props.functions,
      name: 'accept-upload',
      memoryMb: 256,
      timeoutSeconds: 30,
    });
    props.jobs.grantReadWrite(acceptUpload);
    props.inbox.grantReadInbox(acceptUpload);
    // The last frame of a drop may be there.
    props.inbox.grantReadFrames(acceptUpload);
    props.workflow.grantStart(acceptUpload);

    const uploads = new Queue(this, 'Uploads', {
      enforceSSL: true,
      // Six times the function's timeout, as AWS advises: throttled batches come back before they count as failed.
      visibilityTimeout: Duration.seconds(6 * acceptUpload.timeoutSeconds),
      deadLetterQueue: { queue: this.unaccepted, maxReceiveCount: 5 },
    });
    new Rule(this, 'FrameDropped', {
      description: 'A start frame was dropped in the inbox.',
      eventPattern: props.inbox.drops,
      targets: [new SqsQueue(uploads, { deadLetterQueue: this.undelivered })],
    });
    acceptUpload.addEventSource(
      new SqsEventSource(uploads, {
        batchSize: 10,
        reportBatchItemFailures: true,
        // 50 drops at once. Many drops at once leave half of a new account's ten concurrent executions to running jobs.
        maxConcurrency: 5,
      }),
    );
    this.sweepInbox = this.addInboxSweep(props);
  }

  /** Sweeps of the inbox that could not take up a drop. */
  metricInboxSweepErrors(): Metric {
    return this.sweepInbox.metricErrors();
  }

  /** What makes up for events that never come. */
  private addInboxSweep({ functions, inbox, jobs, workflow }: UploadTriggerProps): PipelineFunction {
    const sweepInbox = new PipelineFunction(this, 'SweepInbox', {
      functions,
      name: 'sweep-inbox',
      memoryMb: 256,
      timeoutSeconds: 60,
    });
    jobs.grantReadWrite(sweepInbox);
    jobs.grantReadTogether(sweepInbox);
    inbox.grantReadInbox(sweepInbox);
    inbox.grantReadFrames(sweepInbox);
    workflow.grantStart(sweepInbox);
    // The next sweep is the retry.
    sweepInbox.configureAsyncInvoke({ retryAttempts: 0 });
    new Rule(this, 'EveryFiveMinutes', {
      description: 'Finds drops without a job.',
      schedule: Schedule.rate(Duration.minutes(5)),
      // Without dead letters: the next call does the work of one that failed.
      targets: [new LambdaFunction(sweepInbox, { retryAttempts: 0, maxEventAge: Duration.minutes(5) })],
    });
    return sweepInbox;
  }
}
