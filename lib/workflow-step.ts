import { Duration } from 'aws-cdk-lib';
import { Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { PipelineFunction, type PipelineFunctionProps } from './pipeline-function.ts';

/** A state that calls its own function. What the function answers is all that the execution carries from then on. */
export class WorkflowStep extends LambdaInvoke {
  readonly fn: PipelineFunction;

  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    const fn = new PipelineFunction(scope, `${id}Function`, props);
    super(scope, id, {
      lambdaFunction: fn,
      payloadResponseOnly: true,
      // CDK's own retrier leaves out throttling, and would retry a submit on terms that are not ours.
      retryOnServiceExceptions: false,
      // Above the function's own time, so that a function that runs out of it says so itself.
      taskTimeout: Timeout.duration(Duration.seconds(props.timeoutSeconds + 10)),
    });
    this.fn = fn;
  }
}
