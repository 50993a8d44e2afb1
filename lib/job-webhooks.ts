import { Duration, type RemovalPolicy, Validations } from 'aws-cdk-lib';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { type CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { Env } from '../core/kernel/contract.ts';
import type { WebhookSettings } from '../core/webhooks/settings.ts';
import { DeadLetters } from './dead-letters.ts';
import type { JobEvents } from './job-events.ts';
import type { JobStore } from './job-store.ts';
import { type FunctionDefaults, PipelineFunction } from './pipeline-function.ts';

export interface JobWebhooksProps {
  readonly functions: FunctionDefaults;
  readonly jobs: JobStore;
  readonly events: JobEvents;
  readonly settings: WebhookSettings;
  readonly removalPolicy: RemovalPolicy;
}

/** Delivers events of jobs to webhook receivers: from the bus into a queue, and from there until they take it, for a day. */
export class JobWebhooks extends Construct {
  /** Events that a receiver did not take within a day, or that did not reach the queue; whole, so that they can be sent to it. */
  readonly undelivered: DeadLetters;
  /** ARN of the secret that every receiver's key is derived from. */
  readonly secretArn: string;
  private readonly queue: Queue;

  constructor(scope: Construct, id: string, props: JobWebhooksProps) {
    super(scope, id);
    const { functions, jobs, events, settings, removalPolicy } = props;
    this.undelivered = new DeadLetters(this, 'Undelivered');
    this.secretArn = this.addSecret(removalPolicy);

    const deliverWebhook = new PipelineFunction(this, 'DeliverWebhook', {
      functions,
      name: 'deliver-webhook',
      memoryMb: 256,
      // Ten seconds for the receivers, all of a batch at once, and time to record what they answered.
      timeoutSeconds: 30,
    });
    jobs.grantNoteDeliveries(deliverWebhook);
    this.grantReadSecret(deliverWebhook);
    this.queue = new Queue(this, 'Queue', {
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(6 * deliverWebhook.timeoutSeconds),
      // A day of tries, and time to fix the function if it is what fails.
      retentionPeriod: Duration.days(4),
      // Time ends the tries, not their number (about 17, and as many again while a receiver is slow): this limit is for a
      // message that crashes the function.
      deadLetterQueue: { queue: this.undelivered, maxReceiveCount: 100 },
    });
    this.undelivered.grantSendMessages(deliverWebhook);
    deliverWebhook.addEnvironment(Env.webhookDeadLetters, this.undelivered.queueUrl);
    deliverWebhook.addEnvironment(Env.webhookQueue, this.queue.queueUrl);
    deliverWebhook.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        // 50 receivers at once; many events at once leave the account's other executions to the jobs.
        maxConcurrency: 5,
      }),
    );
    events.addRule(this, 'Told', {
      description: 'A job has an event that webhooks receive.',
      detailType: settings.events,
      // Without a webhook of the stage, jobs without one of their own cost nothing here.
      ...(settings.url === undefined ? { detail: { webhook: [true] } } : {}),
      target: new SqsQueue(this.queue, { deadLetterQueue: this.undelivered }),
    });
  }

  /** Lets the function deliver an event once more. */
  grantRedeliver(fn: PipelineFunction): void {
    this.queue.grantSendMessages(fn);
    fn.addEnvironment(Env.webhookQueue, this.queue.queueUrl);
  }

  /** Lets the function derive the receivers' keys. */
  grantReadSecret(fn: PipelineFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [this.secretArn] }),
    );
    fn.addEnvironment(Env.webhookSecret, this.secretArn);
  }

  private addSecret(removalPolicy: RemovalPolicy): string {
    const secret = new Secret(this, 'Secret', {
      description: 'The keys of all webhook receivers are derived from this. Only the functions need it.',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy,
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Receivers need the new key, so a person rotates it: see docs/runbook.md#webhook-keys.',
    });
    const resource = secret.node.defaultChild as CfnSecret;
    // The same ARN as `secret.secretArn`; the local cloud answers that one (a Ref) with a name.
    return resource.attrId;
  }
}
