import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { DeadLetters } from './dead-letters.ts';
import type { JobStore } from './job-store.ts';
import type { JobWorkflow } from './job-workflow.ts';
import { type FunctionDefaults, PipelineFunction } from './pipeline-function.ts';

export interface JobAdmissionProps {
  readonly functions: FunctionDefaults;
  readonly jobs: JobStore;
  readonly workflow: JobWorkflow;
}

/** Admits queued jobs as soon as the table's stream says that one may go on. The sweeper does the same each minute. */
export class JobAdmission extends Construct {
  /** Pointers to stream records that admit-jobs failed at. The next sweep does their work. */
  readonly unheeded: DeadLetters;

  constructor(scope: Construct, id: string, { functions, jobs, workflow }: JobAdmissionProps) {
    super(scope, id);
    this.unheeded = new DeadLetters(this, 'Unheeded');
    const dequeueJobs = new PipelineFunction(this, 'AdmitJobs', {
      functions,
      name: 'admit-jobs',
      memoryMb: 256,
      timeoutSeconds: 60,
    });
    jobs.grantAdmission(dequeueJobs);
    workflow.grantAdmit(dequeueJobs);
    dequeueJobs.addEventSource(
      jobs.admissions({
        batchSize: 100,
        // A record is only a reason to check the queue: the sweeper checks it within a minute anyway.
        retryAttempts: 3,
        onFailure: new SqsDlq(this.unheeded),
      }),
    );
  }
}
