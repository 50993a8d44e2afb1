import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
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
  }
}
