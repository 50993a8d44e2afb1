import { Duration } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { Env } from '../core/kernel/contract.ts';
import { DeadLetters } from './dead-letters.ts';
import type { FrameInbox } from './frame-inbox.ts';
import type { JobStore } from './job-store.ts';
import type { JobWorkflow } from './job-workflow.ts';
import { type FunctionDefaults, PipelineFunction } from './pipeline-function.ts';

export interface JobBatchesProps {
  readonly functions: FunctionDefaults;
  readonly inbox: FrameInbox;
  readonly jobs: JobStore;
  readonly workflow: JobWorkflow;
}

/**
 * From a batch to its jobs. A message is half a minute of work on one batch, and its last act is to send the next one: batches
 * take turns, and a batch that was cut off continues where its record says.
 */
export class JobBatches extends Construct {
  /** Messages of batches that expand-batch failed at. The sweeper sends new ones, after growing pauses. */
  readonly unexpanded: DeadLetters;
  private readonly queue: Queue;

  constructor(scope: Construct, id: string, { functions, inbox, jobs, workflow }: JobBatchesProps) {
    super(scope, id);
    this.unexpanded = new DeadLetters(this, 'Unexpanded');
    const expandBatch = new PipelineFunction(this, 'ExpandBatch', {
      functions,
      name: 'expand-batch',
      // 16 MB of CSV, the most we take, needed 250 MB.
      memoryMb: 512,
      timeoutSeconds: 60,
      // Its last act is to send the next message of its batch.
      sendsToOwnQueue: true,
    });
    jobs.grantReadWrite(expandBatch);
    inbox.grantReadInbox(expandBatch);
    inbox.grantReadFrames(expandBatch);
    workflow.grantStart(expandBatch);

    this.queue = new Queue(this, 'Queue', {
      enforceSSL: true,
      // Six times the function's time, as AWS advises.
      visibilityTimeout: Duration.seconds(6 * expandBatch.timeoutSeconds),
      deadLetterQueue: { queue: this.unexpanded, maxReceiveCount: 5 },
    });
    this.grantExpand(expandBatch);
    expandBatch.addEventSource(
      // Two is the smallest maximum that AWS takes.
      new SqsEventSource(this.queue, { batchSize: 1, maxConcurrency: 2 }),
    );
  }

  /** Lets the function ask for the next part of a batch. */
  grantExpand(fn: PipelineFunction): void {
    this.queue.grantSendMessages(fn);
    fn.addEnvironment(Env.batchQueue, this.queue.queueUrl);
  }
}
