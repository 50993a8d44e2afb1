import { Fn, Stack, Validations } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { EventPattern } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { type CfnStateMachine, DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { Env, UNKNOWN_WORD_LOGGED } from '../core/kernel/contract.ts';
import type { FunctionDefaults, PipelineFunction } from './pipeline-function.ts';
import { chainSteps } from './workflow-chain.ts';
import { grantSteps, makeSteps, type StepResources } from './workflow-steps.ts';

export interface JobWorkflowProps extends StepResources {
  readonly functions: FunctionDefaults;
}

/**
 * What happens to a job: `workflow-chain.ts` tells it. A step loads the job from the table and throws only when it could not
 * do its work. A job that ends badly still ends its execution well, so a failed execution is a bug. Without errors a job that
 * is polled N times costs 4 + 3N transitions.
 */
export class JobWorkflow extends Construct {
  readonly stateMachineArn: string;
  private readonly stateMachine: StateMachine;
  private readonly unknownWords: MetricFilter;

  constructor(scope: Construct, id: string, { functions, ...resources }: JobWorkflowProps) {
    super(scope, id);
    const steps = makeSteps(this, functions);
    const start = chainSteps(this, steps);
    grantSteps(steps, resources);
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      definitionBody: DefinitionBody.fromChainable(start),
      // Level ALL costs little without the data, and the data does not belong in a log.
      logs: {
        destination: new LogGroup(this, 'Logs', {
          logGroupName: this.logGroupName(),
          retention: functions.logRetention,
          removalPolicy: functions.logRemoval,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
      tracingEnabled: true,
    });
    this.stateMachineArn = this.stateMachine.stateMachineArn;
    this.unknownWords = new MetricFilter(this, 'UnknownWords', {
      logGroup: steps.checkJob.fn.logGroup,
      filterPattern: FilterPattern.stringValue('$.message', '=', UNKNOWN_WORD_LOGGED),
      metricNamespace: `Startframe/${Stack.of(this).stackName}`,
      metricName: 'UnknownStatusWords',
    });
    this.acknowledgeWildcards(Object.values(steps));
  }

  /** Lets the function start the workflow of a job. */
  grantStart(fn: PipelineFunction): void {
    this.stateMachine.grantStartExecution(fn);
    fn.addEnvironment(Env.jobWorkflow, this.stateMachine.stateMachineArn);
  }

  /** Lets the function give a job another run: start its execution, stop the one before. */
  grantRestart(fn: PipelineFunction): void {
    this.grantStart(fn);
    this.grantOnExecutions(fn, 'states:StopExecution');
  }

  /** Lets the function read how a job's execution ended, and give the job another run. */
  grantRepair(fn: PipelineFunction): void {
    this.grantStart(fn);
    this.grantOnExecutions(fn, 'states:DescribeExecution', 'states:StopExecution');
  }

  /** Lets the function resume executions that wait for a slot. */
  grantAdmit(fn: PipelineFunction): void {
    // AWS knows no resource for this action (Service Authorization Reference, "AWS Step Functions"); the token itself is the key.
    fn.addToRolePolicy(new PolicyStatement({ actions: ['states:SendTaskSuccess'], resources: ['*'] }));
  }

  /** Executions that ended without doing their work, as EventBridge reports them. */
  get stopped(): EventPattern {
    return {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: {
        stateMachineArn: [this.stateMachineArn],
        status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
      },
    };
  }

  private grantOnExecutions(fn: PipelineFunction, ...actions: string[]): void {
    this.stateMachine.grantExecution(fn, ...actions);
    const machine = Stack.of(this).getLogicalId(this.stateMachine.node.defaultChild as CfnStateMachine);
    const name = `{"Fn::Select":[6,{"Fn::Split":[":",{"Ref":"${machine}"}]}]}`;
    Validations.of(fn.executionRole).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:${name}:*]`,
      reason: 'The executions of this one machine; their names are the ids of jobs to come.',
    });
  }

  /** Status words of providers that we do not know. Jobs go on; add the word to `core/providers/dialects/status-words.ts`. */
  metricOfUnknownWords(): Metric {
    return this.unknownWords.metric({ statistic: 'Sum' });
  }

  /** Executions that ended badly, one metric for each way. To stop one is how a job gets another run. */
  executionMetrics(): Readonly<Record<'failed' | 'timedOut', Metric>> {
    return { failed: this.stateMachine.metricFailed(), timedOut: this.stateMachine.metricTimedOut() };
  }

  /**
   * The one name that we give. Step Functions adds each log group to a resource policy of at most 5,120 characters per account,
   * except those below `/aws/vendedlogs/` (Step Functions, "Avoiding CloudWatch Logs resource policy size restrictions"). The
   * last part of the stack's id keeps it apart from a log group that an earlier stack of this name left behind.
   */
  private logGroupName(): string {
    const stackUuid = Fn.select(2, Fn.split('/', Stack.of(this).stackId));
    return `/aws/vendedlogs/states/${this.node.path}/${stackUuid}`;
  }

  private acknowledgeWildcards(steps: readonly { readonly fn: PipelineFunction }[]): void {
    Validations.of(this.stateMachine).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'The permissions of X-Ray and of log delivery take no resources.',
    });
    for (const { fn } of steps) {
      const logicalId = Stack.of(this).getLogicalId(fn.node.defaultChild as CfnFunction);
      Validations.of(this.stateMachine).acknowledge({
        id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>:*]`,
        reason: 'The versions of one function; CDK grants them together with the function.',
      });
    }
  }
}
