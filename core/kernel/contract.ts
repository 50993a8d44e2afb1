import * as z from 'zod';

/** Environment variables of the functions; a grant sets the variable together with the permission. */
export const Env = {
  jobTable: 'JOB_TABLE',
  jobWorkflow: 'JOB_WORKFLOW_ARN',
  inboxBucket: 'INBOX_BUCKET',
  frameBucket: 'FRAME_BUCKET',
  /** The public host of the frames bucket, for uploads. */
  frameBucketHost: 'FRAME_BUCKET_HOST',
  videoBucket: 'VIDEO_BUCKET',
  eventBus: 'EVENT_BUS',
  eventDeadLetters: 'EVENT_DEAD_LETTERS_URL',
  webhookQueue: 'WEBHOOK_QUEUE_URL',
  webhookDeadLetters: 'WEBHOOK_DEAD_LETTERS_URL',
  /** ARN of the secret from which every receiver's key is derived. */
  webhookSecret: 'WEBHOOK_SECRET_ARN',
  frameReaderRole: 'FRAME_READER_ROLE_ARN',
  batchQueue: 'BATCH_QUEUE_URL',
  /** JSON: provider id → ARN of the secret that holds its key. */
  providerSecrets: 'PROVIDER_SECRETS',
  /** JSON: provider id → ARN of the secret that signs its callbacks. */
  callbackSecrets: 'CALLBACK_SECRETS',
  /** File beside the bundle with the stage's runtime settings (`core/settings.ts`), relative to the task root. */
  settingsFile: 'SETTINGS_FILE',
} as const;

/** The sparse index of open jobs (`due`, `dueAt`), for the sweeper. */
export const DUE_INDEX = 'due';

/** The sparse index of the jobs of batches (`byBatch`, `batchLine`), with their status. */
export const BATCH_INDEX = 'byBatch';

/** Name of the settings file in every bundle. */
export const SETTINGS_FILE = 'settings.json';

export const EVENT_SOURCE = 'startframe';

/** What the sweeper's log says each minute while the circuit of a provider is open; a metric counts these lines by `provider`. */
export const CIRCUIT_OPEN_LOGGED = 'provider circuit open';

/** The log message of an unknown status word; a metric counts these lines. */
export const UNKNOWN_WORD_LOGGED = 'unknown status word';

/** The publisher's log message of a job that needs attention; metrics count these lines by their `reason`. */
export const ATTENTION_LOGGED = 'a job needs attention';

/** Version of the event envelope; consumers may rely on its fields until it changes. */
export const EVENT_SCHEMA_VERSION = 1;

export const JobStatus = z.enum([
  'accepted',
  'queued',
  'submitting',
  'running',
  'storing',
  'succeeded',
  'failed',
  'cancelled',
  'submit-unknown',
]);
export type JobStatus = z.infer<typeof JobStatus>;

export const FailureCode = z.enum([
  'INVALID_FRAME',
  'INVALID_PARAMETERS',
  'CONTENT_FILTERED',
  'PROVIDER_REJECTED',
  'PROVIDER_FAILED',
  'PROVIDER_AUTH',
  'PROVIDER_BALANCE',
  'PROVIDER_QUOTA',
  'PROVIDER_KEY_MISSING',
  'MODEL_RETIRED',
  'EMPTY_RESULT',
  'EXPIRED',
  'CANCELLED',
  'BUDGET_EXCEEDED',
  'DOWNLOAD_FAILED',
  'DOWNLOAD_INVALID',
  'INTERNAL',
]);
export type FailureCode = z.infer<typeof FailureCode>;

/** Whether a failure was charged. */
export const Charged = z.enum(['yes', 'no', 'unknown']);
export type Charged = z.infer<typeof Charged>;

export const DetailType = z.enum([
  'Video Job Accepted',
  'Video Job Queued',
  'Video Job Moved',
  'Video Job Submitted',
  'Video Job Overdue',
  'Video Job Succeeded',
  'Video Job Failed',
  'Video Job Cancel Requested',
  'Video Job Cancelled',
  'Video Job Restarted',
  'Video Job Needs Attention',
]);
export type DetailType = z.infer<typeof DetailType>;

/** What a person did to a job, as its event says. The sweeper's is `repair`, a provider callback's `hint`. */
export const JobAction = z.enum([
  'cancel',
  'abandon',
  'ask-again',
  'start-again',
  'order-again',
  'adopt-task',
  'give-up',
  'restart',
  'repair',
  'hint',
]);
export type JobAction = z.infer<typeof JobAction>;

/** The input of a step of the workflow. Everything else is in the table. */
export const StepInput = z.object({ jobId: z.string().min(1), run: z.int().positive() });
export type StepInput = z.infer<typeof StepInput>;

/** The input of the step that waits: also the task token of its workflow. */
export const WaitInput = z.object({ ...StepInput.shape, token: z.string().min(1) });
export type WaitInput = z.infer<typeof WaitInput>;

/**
 * Where the workflow goes next; the Choice states know these words. They are a contract with executions in flight: an execution
 * keeps the definition of the release that started it, calls the functions of the present one, and sends a job whose word it does
 * not know to FinishJob. A word may be added for what no earlier release does; it is never renamed.
 */
export const NextStep = z.enum(['submit', 'turn', 'queue', 'wait', 'store', 'end']);
export type NextStep = z.infer<typeof NextStep>;

/** The word for "wait for the send slot". */
export const WAIT_FOR_SEND_SLOT: NextStep = 'turn';

/** What the code of a step decides: where the workflow goes next, and after how many seconds. */
export interface StepAnswer {
  readonly next: NextStep;
  readonly waitSeconds?: number;
}

/** The output of every step: the whole state of an execution. `waitSeconds` is always there, so that a Wait can read it. */
export interface StepResult {
  readonly jobId: string;
  readonly run: number;
  readonly next: NextStep;
  readonly waitSeconds: number;
}
