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
 * Looks after whatever is stuck or late: jobs without a living execution, events that did not reach the bus. Every minute by
 * the index of what is due; sooner where Step Functions tells that an execution stopped, which it does as best it can.
 */
export class JobSweeper extends Construct {
  /** Calls that EventBridge could not make. The next sweep makes up for them. */
  readonly undelivered: DeadLetters;
  private readonly sweepJobs: PipelineFunction;
  private readonly parked: MetricFilter;

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

    this.parked = new MetricFilter(this, 'Parked', {
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

    // Older than this the sweeper has long done it.
    const delivery = {
      deadLetterQueue: this.undelivered,
      retryAttempts: 2,
      maxEventAge: Duration.minutes(5),
    };
    new Rule(this, 'EveryMinute', {
      description: 'Looks for jobs that are stuck and events that are late.',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(this.sweepJobs, delivery)],
    });
    new Rule(this, 'ExecutionStopped', {
      description: 'The execution of a job ended without doing its work.',
      eventPattern: workflow.stopped,
      targets: [new LambdaFunction(repairJob, delivery)],
    });
  }

  /** Sweeps that left something undone. */
  metricTrouble(): Metric {
    return this.sweepJobs.metricErrors();
  }

  /** Minutes for which a provider has refused every order. Its jobs wait. */
  metricParked(provider: string): Metric {
    return this.parked.metric({ statistic: 'Sum', dimensionsMap: { Provider: provider } });
  }

  /** Sweeps in five minutes. */
  metricSweeps(): Metric {
    return this.sweepJobs.metricInvocations();
  }
}
