import { Stack } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { EventBus, type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ATTENTION_LOGGED, type DetailType, Env, EVENT_SOURCE } from '../core/kernel/contract.ts';
import { DeadLetters } from './dead-letters.ts';
import type { JobStore } from './job-store.ts';
import { type FunctionDefaults, PipelineFunction } from './pipeline-function.ts';

export interface JobEventsProps {
  readonly functions: FunctionDefaults;
  readonly jobs: JobStore;
}

export interface EventRule {
  readonly description: string;
  readonly detailType: readonly DetailType[];
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly target: IRuleTarget;
}

/**
 * The event bus of jobs, and its publisher. The transaction that changes a job writes the event, and the table's stream
 * carries it out: no event is lost, and none reports what did not happen.
 */
export class JobEvents extends Construct {
  readonly busName: string;
  /** Unpublished events: whole records that the publisher refused, and pointers into the stream where it failed. */
  readonly unpublished: DeadLetters;
  private readonly bus: EventBus;
  private readonly jobs: JobStore;
  private readonly publisher: PipelineFunction;

  constructor(scope: Construct, id: string, props: JobEventsProps) {
    super(scope, id);
    const bus = new EventBus(this, 'Bus', { description: 'Events of the video jobs of Startframe.' });
    this.busName = bus.eventBusName;
    this.jobs = props.jobs;
    this.unpublished = new DeadLetters(this, 'Unpublished');
    this.publisher = new PipelineFunction(this, 'PublishJobEvents', {
      functions: props.functions,
      name: 'publish-job-events',
      memoryMb: 128,
      timeoutSeconds: 60,
    });
    this.bus = bus;
    this.grantPublish(this.publisher);
    this.unpublished.grantSendMessages(this.publisher);
    this.publisher.addEnvironment(Env.eventDeadLetters, this.unpublished.queueUrl);
    this.publisher.addEventSource(
      props.jobs.timeline({
        batchSize: 100,
        bisectBatchOnError: true,
        reportBatchItemFailures: true,
        // While the bus is unavailable the stream waits; after this many tries a pointer to the batch goes to the dead letters.
        retryAttempts: 100,
        onFailure: new SqsDlq(this.unpublished),
      }),
    );
  }

  /** Lets the function put events on the bus and record which of them it published. */
  grantPublish(fn: PipelineFunction): void {
    this.bus.grantPutEventsTo(fn);
    fn.addEnvironment(Env.eventBus, this.bus.eventBusName);
    this.jobs.grantSettle(fn);
  }

  /** Sends the events of these types that have this detail to a target. */
  addRule(scope: Construct, id: string, { target, ...matched }: EventRule): void {
    const { description, detailType, detail } = matched;
    new Rule(scope, id, {
      eventBus: this.bus,
      description,
      eventPattern: { source: [EVENT_SOURCE], detailType: [...detailType], ...(detail ? { detail } : {}) },
      targets: [target],
    });
  }

  /** How often a job needed attention for one of these reasons (`attention.reason` of the event). */
  metricAttention(id: string, reasons: readonly string[]): Metric {
    const filter = new MetricFilter(this, id, {
      logGroup: this.publisher.logGroup,
      filterPattern: FilterPattern.all(
        FilterPattern.stringValue('$.message', '=', ATTENTION_LOGGED),
        FilterPattern.any(...reasons.map((reason) => FilterPattern.stringValue('$.reason', '=', reason))),
      ),
      metricNamespace: `Startframe/${Stack.of(this).stackName}`,
      metricName: id,
    });
    return filter.metric({ statistic: 'Sum' });
  }

  /** Age of the oldest event in the stream, in milliseconds. */
  metricDelay(): Metric {
    return this.publisher.metric('IteratorAge', { statistic: 'Maximum' });
  }
}
