import { Duration } from 'aws-cdk-lib';
import { IntegrationPattern, JsonPath, TaskInput, Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { PipelineFunction, type PipelineFunctionProps } from './pipeline-function.ts';

export interface WorkflowWaitProps extends PipelineFunctionProps {
  /** For how long the word to go on is waited for. */
  readonly waitSeconds: number;
}

/**
 * A state that waits until somebody gives the word. Its function is handed the token for that and keeps it; what is sent with the
 * word is all that the execution carries from then on.
 */
export class WorkflowWait extends LambdaInvoke {
  readonly fn: PipelineFunction;

  constructor(scope: Construct, id: string, { waitSeconds, ...props }: WorkflowWaitProps) {
    const fn = new PipelineFunction(scope, `${id}Function`, props);
    super(scope, id, {
      lambdaFunction: fn,
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      payload: TaskInput.fromObject({
        jobId: JsonPath.stringAt('$.jobId'),
        run: JsonPath.numberAt('$.run'),
        token: JsonPath.taskToken,
      }),
      // As for every step: CDK's own retrier is not on our terms.
      retryOnServiceExceptions: false,
      taskTimeout: Timeout.duration(Duration.seconds(waitSeconds)),
    });
    this.fn = fn;
  }
}
