import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { EventPattern } from 'aws-cdk-lib/aws-events';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import {
  type CfnStateMachine,
  Choice,
  Condition,
  DefinitionBody,
  Errors,
  JitterType,
  LogLevel,
  type RetryProps,
  StateMachine,
  Succeed,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { Env, type NextStep, UNKNOWN_WORD_LOGGED } from '../core/kernel/contract.ts';
import type { FrameInbox } from './frame-inbox.ts';
import type { JobStore } from './job-store.ts';
import type { FunctionDefaults, PipelineFunction } from './pipeline-function.ts';
import type { ProviderSecrets } from './provider-secrets.ts';
import type { VideoLibrary } from './video-library.ts';
import { WorkflowStep } from './workflow-step.ts';
import { WorkflowWait } from './workflow-wait.ts';

export interface JobWorkflowProps {
  readonly functions: FunctionDefaults;
  readonly jobs: JobStore;
  readonly inbox: FrameInbox;
  readonly secrets: ProviderSecrets;
  readonly videos: VideoLibrary;
}

/**
 * What happens to a job. A step is given and answers `{ jobId, run, next, waitSeconds }` and loads the rest from the
 * table; it throws only when it could not do its work. A job that ends badly still ends its execution well, so a failed
 * execution is a bug. Without trouble a job that is asked for N times costs 4 + 3N transitions.
 */
export class JobWorkflow extends Construct {
  readonly stateMachineArn: string;
  private readonly stateMachine: StateMachine;
  private readonly unknownWords: MetricFilter;

  constructor(scope: Construct, id: string, props: JobWorkflowProps) {
    super(scope, id);
    const { functions, jobs, inbox, secrets, videos } = props;
    const step = (stepId: string, name: string, memoryMb: number, timeoutSeconds: number) =>
      new WorkflowStep(this, stepId, { functions, name, memoryMb, timeoutSeconds });

    const prepareJob = step('PrepareJob', 'prepare-job', 512, 60);
    // A frame of 15 MB travels as base64 inside the order, a video of 25 MB can stand inside an answer: measured at 285 and
    // 228 MB. A function that dies of it would lose what was paid for; 512 MB cost 1.5 µ$ more a question.
    const awaitSlot = new WorkflowWait(this, 'AwaitSlot', {
      functions,
      name: 'await-slot',
      memoryMb: 256,
      timeoutSeconds: 30,
      // A day: what waits longer begins to wait anew, at the same place.
      waitSeconds: 86_400,
    });
    const waitForSendSlot = new Wait(this, 'WaitForSendSlot', {
      time: WaitTime.secondsPath('$.waitSeconds'),
    });
    const submitJob = step('SubmitJob', 'submit-job', 512, 90);
    const checkJob = step('CheckJob', 'check-job', 512, 60);
    const storeVideo = step('StoreVideo', 'store-video', 512, 900);
    const finishJob = step('FinishJob', 'finish-job', 128, 30);
    const waitForVideo = new Wait(this, 'WaitForVideo', { time: WaitTime.secondsPath('$.waitSeconds') });
    const waitAfterError = new Wait(this, 'WaitAfterError', {
      time: WaitTime.duration(Duration.minutes(5)),
    });
    const jobEnded = new Succeed(this, 'JobEnded');

    prepareJob
      .addRetry(retryLambdaService)
      .addRetry(retryAny({ seconds: 5, backoffRate: 2, attempts: 4 }))
      .addCatch(finishJob, KEEP_INPUT)
      .next(
        new Choice(this, 'IsAdmitted')
          .when(nextIs('submit'), submitJob)
          .when(nextIs('send-slot'), waitForSendSlot)
          .when(nextIs('queue'), awaitSlot)
          .when(nextIs('end'), jobEnded)
          .otherwise(finishJob),
      );

    // Entered only by jobs that wait. The word to go on comes from admit-jobs.
    awaitSlot
      .addRetry(retryLambdaService)
      .addCatch(awaitSlot, { ...KEEP_INPUT, errors: [Errors.TIMEOUT] })
      .addCatch(finishJob, KEEP_INPUT)
      .next(waitForSendSlot);

    waitForSendSlot.next(submitJob);

    submitJob
      .addRetry(retryLambdaService)
      // Longer than the lease of an attempt (120 s), so that an unanswered one is known for what it is. The ledger alone
      // decides whether anything is sent: entering this state again never repeats a submit by itself.
      .addRetry(retryAny({ seconds: 150, backoffRate: 1, attempts: 3 }))
      .addCatch(finishJob, KEEP_INPUT)
      .next(waitForVideo);

    waitForVideo.next(checkJob);

    checkJob
      .addRetry(retryLambdaService)
      .addRetry(retryAny({ seconds: 5, backoffRate: 2, attempts: 4 }))
      .addCatch(waitAfterError, KEEP_INPUT)
      .next(
        new Choice(this, 'IsVideoReady')
          .when(nextIs('wait'), waitForVideo)
          .when(nextIs('store'), storeVideo)
          // Its time to be sent had not come; it has waited in WaitForVideo.
          .when(nextIs('submit'), submitJob)
          // Nothing can be ordered just now: refused with 429, say.
          .when(nextIs('queue'), awaitSlot)
          .when(nextIs('end'), jobEnded)
          .otherwise(finishJob),
      );

    storeVideo
      .addRetry(retryLambdaService)
      .addRetry(retryAny({ seconds: 10, backoffRate: 2, attempts: 3 }))
      .addCatch(waitAfterError, KEEP_INPUT);

    // A video that was paid for is asked for again, with a fresh address, until the provider keeps it no longer.
    waitAfterError.next(checkJob);

    // 5 + 10 + … + 640 s ≈ 21 min, whatever the trouble: after this step there is only an alarm.
    finishJob.addRetry(retryAny({ seconds: 5, backoffRate: 2, attempts: 8 }));

    for (const { fn } of [prepareJob, submitJob, checkJob, storeVideo, finishJob]) jobs.grantAdmission(fn);
    jobs.grantReadWrite(awaitSlot.fn);
    jobs.grantReadTogether(submitJob.fn);
    for (const { fn } of [submitJob, checkJob, storeVideo]) secrets.grantReadAs(fn, Env.providerSecrets);
    for (const { fn } of [prepareJob, submitJob]) {
      inbox.grantReadInbox(fn);
      inbox.grantReadFrames(fn);
    }
    inbox.grantStoreFetched(prepareJob.fn);
    inbox.grantSignAddresses(submitJob.fn);
    videos.grantStore(storeVideo.fn);

    this.stateMachine = new StateMachine(this, 'StateMachine', {
      definitionBody: DefinitionBody.fromChainable(prepareJob),
      // Level ALL costs little without the data, and the data is no business of a log.
      logs: {
        destination: new LogGroup(this, 'Logs', {
          retention: functions.logRetention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
      tracingEnabled: true,
    });
    this.stateMachineArn = this.stateMachine.stateMachineArn;
    this.unknownWords = new MetricFilter(this, 'UnknownWords', {
      logGroup: checkJob.fn.logGroup,
      filterPattern: FilterPattern.stringValue('$.message', '=', UNKNOWN_WORD_LOGGED),
      metricNamespace: `Startframe/${Stack.of(this).stackName}`,
      metricName: 'UnknownStatusWords',
    });
    this.acknowledgeWildcards([prepareJob, awaitSlot, submitJob, checkJob, storeVideo, finishJob]);
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

  /** Lets the function look after a job's execution, and restart the job where it is none. */
  grantRepair(fn: PipelineFunction): void {
    this.grantStart(fn);
    this.grantOnExecutions(fn, 'states:DescribeExecution', 'states:StopExecution');
  }

  /** Lets the function tell executions that wait for a slot to go on. */
  grantAdmit(fn: PipelineFunction): void {
    this.stateMachine.grant(fn, 'states:SendTaskSuccess');
  }

  /** Executions that ended without doing their work, as EventBridge is told of them. */
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

  /** Status words of providers that nobody here knows. Jobs go on; the word wants to be added to the vocabulary. */
  metricOfUnknownWords(): Metric {
    return this.unknownWords.metric({ statistic: 'Sum' });
  }

  /** Executions that went wrong themselves, one metric for each way. Stopping one is how a job gets another run. */
  metricsOfTrouble(): Readonly<Record<'Failed' | 'TimedOut', Metric>> {
    return { Failed: this.stateMachine.metricFailed(), TimedOut: this.stateMachine.metricTimedOut() };
  }

  private acknowledgeWildcards(steps: readonly WorkflowStep[]): void {
    Validations.of(this.stateMachine).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'Neither X-Ray nor the delivery of logs knows resources in its permissions.',
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

/** The function did not run to an end, through no fault of its own: at most 2 + 4 + 8 + 16 + 4 × 30 s ≈ 2.5 min. */
const retryLambdaService: RetryProps = {
  errors: [
    'Lambda.TooManyRequestsException',
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.ClientExecutionTimeoutException',
  ],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxDelay: Duration.seconds(30),
  maxAttempts: 8,
  jitterStrategy: JitterType.FULL,
};

const retryAny = (retry: { seconds: number; backoffRate: number; attempts: number }): RetryProps => ({
  errors: [Errors.ALL],
  interval: Duration.seconds(retry.seconds),
  backoffRate: retry.backoffRate,
  maxAttempts: retry.attempts,
});

/** The next step is given what this one was given. The error rides along for the log of the execution. */
const KEEP_INPUT = { resultPath: '$.error' };

const nextIs = (next: NextStep): Condition => Condition.stringEquals('$.next', next);
