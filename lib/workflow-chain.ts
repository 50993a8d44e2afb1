import { Duration } from 'aws-cdk-lib';
import {
  Choice,
  Condition,
  Errors,
  type IChainable,
  JitterType,
  type RetryProps,
  Succeed,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { type NextStep, WAIT_FOR_SEND_SLOT } from '../core/kernel/contract.ts';
import type { WorkflowSteps } from './workflow-steps.ts';

/**
 * Links the steps: what happens to a job, in order, and what follows an error of each step. A step answers
 * `{ jobId, run, next, waitSeconds }`, and the Choice behind it goes where `next` says.
 * @returns the first state
 */
export const chainSteps = (scope: Construct, steps: WorkflowSteps): IChainable => {
  const { prepareJob, awaitSlot, submitJob, checkJob, storeVideo, finishJob } = steps;
  const waitForSendSlot = new Wait(scope, 'WaitForSendSlot', { time: WAIT_SECONDS_OF_STEP });
  const waitForVideo = new Wait(scope, 'WaitForVideo', { time: WAIT_SECONDS_OF_STEP });
  const waitAfterError = new Wait(scope, 'WaitAfterError', { time: WaitTime.duration(Duration.minutes(5)) });
  const jobEnded = new Succeed(scope, 'JobEnded');

  prepareJob
    .addRetry(retryThrottling)
    .addRetry(retryLambdaService)
    .addRetry(retryAny({ seconds: 5, backoffRate: 2, attempts: 4 }))
    .addCatch(finishJob, KEEP_INPUT)
    .next(
      new Choice(scope, 'IsAdmitted')
        .when(nextIs('submit'), submitJob)
        .when(nextIs(WAIT_FOR_SEND_SLOT), waitForSendSlot)
        .when(nextIs('queue'), awaitSlot)
        .when(nextIs('end'), jobEnded)
        .otherwise(finishJob),
    );

  // Only jobs that wait enter it. admit-jobs resumes them.
  awaitSlot
    .addRetry(retryThrottling)
    .addRetry(retryLambdaService)
    // Its timeout is the end of a day in the queue, no error: the Catch below enters the state again.
    .addRetry({ errors: [Errors.TIMEOUT], interval: Duration.seconds(1), backoffRate: 1, maxAttempts: 0 })
    .addRetry(retryAny({ seconds: 5, backoffRate: 2, attempts: 4 }))
    .addCatch(awaitSlot, { ...KEEP_INPUT, errors: [Errors.TIMEOUT] })
    .addCatch(finishJob, KEEP_INPUT)
    .next(waitForSendSlot);

  waitForSendSlot.next(submitJob);

  submitJob
    .addRetry(retryThrottling)
    .addRetry(retryLambdaService)
    // Longer than the lease of an attempt (120 s), so that the next try sees an unanswered attempt as unanswered. The ledger
    // alone decides whether anything is sent: entering this state again never repeats a submit by itself.
    .addRetry(retryAny({ seconds: 150, backoffRate: 1, attempts: 3 }))
    .addCatch(finishJob, KEEP_INPUT)
    .next(waitForVideo);

  waitForVideo.next(checkJob);

  checkJob
    .addRetry(retryThrottling)
    .addRetry(retryLambdaService)
    .addRetry(retryAny({ seconds: 5, backoffRate: 2, attempts: 4 }))
    .addCatch(waitAfterError, KEEP_INPUT)
    .next(
      new Choice(scope, 'IsVideoReady')
        .when(nextIs('wait'), waitForVideo)
        .when(nextIs('store'), storeVideo)
        // Its send slot had not come; the job waited in WaitForVideo.
        .when(nextIs('submit'), submitJob)
        // The provider accepts no submit for now: it answered 429, say.
        .when(nextIs('queue'), awaitSlot)
        .when(nextIs('end'), jobEnded)
        .otherwise(finishJob),
    );

  storeVideo
    .addRetry(retryThrottling)
    .addRetry(retryLambdaService)
    .addRetry(retryAny({ seconds: 10, backoffRate: 2, attempts: 3 }))
    .addCatch(waitAfterError, KEEP_INPUT);

  // CheckJob polls a paid video again, with a fresh address, until the provider deletes it.
  waitAfterError.next(checkJob);

  // 5 + 10 + … + 640 s ≈ 21 min, for any error: after this step there is only an alarm.
  finishJob
    .addRetry(retryThrottling)
    .addRetry(retryLambdaService)
    .addRetry(retryAny({ seconds: 5, backoffRate: 2, attempts: 8 }));

  return prepareJob;
};

const WAIT_SECONDS_OF_STEP = WaitTime.secondsPath('$.waitSeconds');

/**
 * The account runs as many functions as it may: ten at once in a new account. Other jobs finish and make room, so this lasts as long as
 * they need: 2 + 4 + … + 32 + 60 × 60 s, half of it on average by the jitter ≈ 30 min. Step Functions takes the first retrier that names an
 * error and no other, so throttling has one of its own, before all others. Each try is three events of the history.
 */
const retryThrottling: RetryProps = {
  errors: ['Lambda.TooManyRequestsException'],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxDelay: Duration.seconds(60),
  maxAttempts: 65,
  jitterStrategy: JitterType.FULL,
};

/** The function did not run to its end, and its code is not the cause: at most 2 + 4 + 8 + 16 + 4 × 30 s ≈ 2.5 min. */
const retryLambdaService: RetryProps = {
  errors: [
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

/** The next step receives the input of this one. The error travels beside it, for the history of the execution. */
const KEEP_INPUT = { resultPath: '$.error' };

const nextIs = (next: NextStep): Condition => Condition.stringEquals('$.next', next);
