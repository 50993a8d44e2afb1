import { Duration } from 'aws-cdk-lib';
import { Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { PipelineFunction, type PipelineFunctionProps } from './pipeline-function.ts';

/** A state that calls its own function. The function's answer becomes the whole input of the next state. */
export class WorkflowStep extends LambdaInvoke {
  readonly fn: PipelineFunction;

  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    const fn = new PipelineFunction(scope, `${id}Function`, props);
    super(scope, id, {
      lambdaFunction: fn,
      payloadResponseOnly: true,
      // CDK's own retrier leaves out throttling, and retries a submit on its own terms.
      retryOnServiceExceptions: false,
      // Above the function's own timeout, so that a function that runs out of time reports it itself.
      taskTimeout: Timeout.duration(Duration.seconds(props.timeoutSeconds + 10)),
    });
    this.fn = fn;
  }
}
