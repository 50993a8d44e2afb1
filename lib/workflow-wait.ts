import { Duration } from 'aws-cdk-lib';
import { IntegrationPattern, JsonPath, TaskInput, Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { PipelineFunction, type PipelineFunctionProps } from './pipeline-function.ts';

export interface WorkflowWaitProps extends PipelineFunctionProps {
  /** How long the state waits to be resumed. */
  readonly waitSeconds: number;
}

/**
 * A state that waits until somebody resumes it. Its function receives the task token and keeps it; the output that is sent with
 * the token becomes the whole input of the next state.
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
      // As in every step, the retriers are ours alone.
      retryOnServiceExceptions: false,
      taskTimeout: Timeout.duration(Duration.seconds(waitSeconds)),
    });
    this.fn = fn;
  }
}
