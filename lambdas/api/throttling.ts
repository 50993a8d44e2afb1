import { ApiProblem } from '../shared/platform/problem-response.ts';
import { StaleJob } from '../shared/table/job-errors.ts';
import { hasReason } from '../shared/table/transaction.ts';

// The names of throttling in the API references of DynamoDB, S3, Step Functions, SQS and Secrets Manager. The SDK has tried
// four times by then.
const THROTTLED = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'SlowDown',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionConflictException',
  'TransactionInProgressException',
]);
const BUSY_REASONS = ['ThrottlingError', 'ProvisionedThroughputExceeded', 'TransactionConflict'];

/** Whether the same request is likely to work in a few seconds: AWS throttles us, or several requests change the same job. */
export const isBusy = (error: unknown): boolean =>
  error instanceof StaleJob ||
  (error instanceof Error && THROTTLED.has(error.name)) ||
  BUSY_REASONS.some((reason) => hasReason(error, reason));

const RETRY_SECONDS = 5;

export const busy = (): ApiProblem =>
  new ApiProblem(
    429,
    'TOO_MANY_REQUESTS',
    `Too many requests at the moment. Send this one again in ${RETRY_SECONDS} s, a job request with the same Idempotency-Key: nothing is done twice.`,
    [],
    RETRY_SECONDS,
  );
