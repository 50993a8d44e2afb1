import { Duration, Stack } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { CIRCUIT_OPEN_LOGGED } from '../core/kernel/contract.ts';
import { DeadLetters } from './dead-letters.ts';
import type { JobBatches } from './job-batches.ts';
import type { JobEvents } from './job-events.ts';
import type { JobStore } from './job-store.ts';
import type { JobWorkflow } from './job-workflow.ts';
import { type FunctionDefaults, PipelineFunction } from './pipeline-function.ts';

export interface JobSweeperProps {
  readonly functions: FunctionDefaults;
  readonly jobs: JobStore;
  readonly workflow: JobWorkflow;
  readonly batches: JobBatches;
  readonly events: JobEvents;
}

/**
 * Repairs what is stuck or late: jobs without a running execution, events that did not reach the bus. It reads the index of due
 * items every minute, and acts sooner when Step Functions reports that an execution stopped; those reports are best effort.
 */
export class JobSweeper extends Construct {
  /** Calls that EventBridge could not make. The next sweep does their work. */
  readonly undelivered: DeadLetters;
  private readonly sweepJobs: PipelineFunction;
  private readonly circuitOpen: MetricFilter;

  constructor(scope: Construct, id: string, { functions, jobs, workflow, batches, events }: JobSweeperProps) {
    super(scope, id);
    this.undelivered = new DeadLetters(this, 'Undelivered');

    this.sweepJobs = new PipelineFunction(this, 'SweepJobs', {
      functions,
      name: 'sweep-jobs',
      memoryMb: 256,
      timeoutSeconds: 60,
    });
    jobs.grantSweep(this.sweepJobs);
    workflow.grantRepair(this.sweepJobs);
    workflow.grantAdmit(this.sweepJobs);
    batches.grantExpand(this.sweepJobs);
    events.grantPublish(this.sweepJobs);
    // The next minute's sweep is the retry.
    this.sweepJobs.configureAsyncInvoke({ retryAttempts: 0 });

    this.circuitOpen = new MetricFilter(this, 'Parked', {
      logGroup: this.sweepJobs.logGroup,
      filterPattern: FilterPattern.stringValue('$.message', '=', CIRCUIT_OPEN_LOGGED),
      metricNamespace: `Startframe/${Stack.of(this).stackName}`,
      metricName: 'ProvidersParked',
      dimensions: { Provider: '$.provider' },
    });

    const repairJob = new PipelineFunction(this, 'RepairJob', {
      functions,
      name: 'repair-job',
      memoryMb: 256,
      timeoutSeconds: 30,
    });
    jobs.grantReadWrite(repairJob);
    workflow.grantRepair(repairJob);

    // The sweeper does the work of any older event.
    const delivery = {
      deadLetterQueue: this.undelivered,
      retryAttempts: 2,
      maxEventAge: Duration.minutes(5),
    };
    new Rule(this, 'EveryMinute', {
      description: 'Finds stuck jobs and late events.',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(this.sweepJobs, delivery)],
    });
    new Rule(this, 'ExecutionStopped', {
      description: 'The execution of a job ended without doing its work.',
      eventPattern: workflow.stopped,
      targets: [new LambdaFunction(repairJob, delivery)],
    });
  }

  /** Sweeps that failed at an item. */
  metricErrors(): Metric {
    return this.sweepJobs.metricErrors();
  }

  /** Minutes for which the circuit of a provider was open. Its jobs wait. */
  metricCircuitOpen(provider: string): Metric {
    return this.circuitOpen.metric({ statistic: 'Sum', dimensionsMap: { Provider: provider } });
  }

  /** Sweeps in five minutes. */
  metricSweeps(): Metric {
    return this.sweepJobs.metricInvocations();
  }
}
