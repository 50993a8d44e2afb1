// Made by `npm run client` from the OpenAPI document (core/api/openapi.ts); edit that.
import type { CallOptions, KeyedCallOptions, Send } from './call.ts';

export type Attention = {
  items: Array<AttentionItem>;
  /** Where the next page goes on. Without it this is the last one. */
  nextCursor?: string | undefined;
};

export type AttentionItem = {
  job: JobSummary;
  /** A name such as `WORKFLOW_STOPPED`, or the failure code. */
  reason: string;
  since: string;
  whatToDo: string;
  /** Heading of docs/runbook.md, as in its link. */
  runbook: string;
};

export type Batch = {
  batchId: string;
  /** `expanding`: its rows become jobs. `running`: all rows were read. `finished`: every job has ended, well or badly. `failed`: its manifest could not be used, or not to the end. */
  status: 'accepted' | 'expanding' | 'running' | 'finished' | 'failed';
  owner: string;
  counts: {
    /** Known once the manifest was read. */
    rows?: number | undefined;
    /** Rows that became jobs. */
    accepted: number;
    /** Rows that did not; each is named in `refusedRows`. */
    refused: number;
    /** Jobs by their status. A change may show some seconds late. */
    jobs: Record<string, number>;
  };
  createdAt: string;
  updatedAt: string;
  /** Why it stopped. Jobs that were created stay. */
  failure?:
    | {
        code:
          | 'MANIFEST_MISSING'
          | 'MANIFEST_CHANGED'
          | 'MANIFEST_NOT_UTF8'
          | 'MANIFEST_UNREADABLE'
          | 'MANIFEST_EMPTY'
          | 'MANIFEST_TOO_LONG';
        message: string;
      }
    | undefined;
  /** In the order of their lines. */
  refusedRows?: Array<RefusedRow> | undefined;
  /** There are more refused rows: ask again with it. */
  nextCursor?: string | undefined;
};

export type BatchJob = {
  line: number;
  jobId: string;
  status:
    | 'accepted'
    | 'queued'
    | 'submitting'
    | 'running'
    | 'storing'
    | 'succeeded'
    | 'failed'
    | 'cancelled'
    | 'submit-unknown';
};

export type BatchJobs = {
  /** In the order of their lines. */
  jobs: Array<BatchJob>;
  nextCursor?: string | undefined;
};

export type CancelJobRequest = {
  /** Cancel although the provider cannot stop; a video that comes is stored. */
  abandon?: boolean | undefined;
};

export type CreateBatchRequest =
  | {
      /** A bad job request becomes a refused row; the others become jobs. */
      jobs: Array<JobRequestBody | unknown>;
    }
  | {
      /** A file of the frames bucket, UTF-8, at most 16 MB and 10,000 rows: JSONL with a job request (`JobRequestBody`) a line, or CSV whose first line names columns as a drop’s metadata does. */
      manifest: ManifestName;
    };

export type CreateJobRequest = {
  /** The start frame. Without it the video is made from the prompt alone, from reference frames, or from a video to continue. */
  frame?: FrameName | undefined;
  lastFrame?: FrameName | undefined;
  referenceFrames?: Array<FrameName> | undefined;
  video?: VideoName | undefined;
  /** What happens in the video, in up to 5,000 characters. */
  prompt?: string | undefined;
  /** A provider of the stage. Default: one that offers the model. */
  provider?: string | undefined;
  /** A model that `GET /models` lists. Default: the model of the stage. */
  model?: string | undefined;
  /** `16:9`, `9:16`, or `auto`: the one nearest to that of the start frame. */
  aspectRatio?: string | undefined;
  /** `720p`, `1080p` or `4k`, if the model makes it. */
  resolution?: string | undefined;
  /** A length that the model makes, such as 8. */
  durationSeconds?: number | undefined;
  enhancePrompt?: boolean | undefined;
  enableUpsample?: boolean | undefined;
  negativePrompt?: string | undefined;
  personGeneration?: string | undefined;
  videoCount?: number | undefined;
  /** Parameters that only the gateway knows; they are passed through. */
  extra?: Record<string, string | number | boolean> | undefined;
  /** Which job goes first where jobs wait: `high`, `normal` (the default) or `low`. */
  priority?: string | undefined;
  /** Free text that events and the manifest repeat: at most 2,048 bytes of UTF-8. */
  metadata?: Record<string, string> | undefined;
  /** A public https address that is notified of the job’s events. `GET /webhooks/secret` gives the key of their signatures. */
  webhookUrl?: string | undefined;
  /** Only checks and prices the job request: nothing is written, submitted or spent, and the answer is 200. */
  dryRun?: boolean | undefined;
};

export type CreateUploadRequest = {
  /** For people: the end of the key. What is not a letter, digit, dot, - or _ becomes _. */
  filename: string;
  contentType: 'image/png' | 'image/jpeg' | 'image/webp' | 'text/csv' | 'application/jsonl';
  /** Bytes. S3 refuses an upload that has more. */
  size: number;
};

export type DayOfModel = {
  day: string;
  /** `none` where a job was refused before it had one. */
  model: string;
  /** All that ended. */
  jobs: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  videos: number;
  seconds: number;
  /** List price, in micro-dollars, of the videos and of what was charged without one. */
  costMicros: number;
  /** What may have been charged besides: unanswered submits. */
  atStakeMicros: number;
};

export type Delivery = {
  eventId: string;
  sequence: number;
  type:
    | 'Video Job Accepted'
    | 'Video Job Queued'
    | 'Video Job Moved'
    | 'Video Job Submitted'
    | 'Video Job Overdue'
    | 'Video Job Succeeded'
    | 'Video Job Failed'
    | 'Video Job Cancel Requested'
    | 'Video Job Cancelled'
    | 'Video Job Restarted'
    | 'Video Job Needs Attention';
  attempt: number;
  at: string;
  host: string;
  outcome: 'delivered' | 'retrying' | 'gone' | 'refused' | 'given-up';
  /** What the receiver answered, if it did. */
  status?: number | undefined;
  reason?: string | undefined;
  nextAt?: string | undefined;
};

export type DryRun = {
  dryRun: true;
  scene:
    | 'text-to-video'
    | 'image-to-video'
    | 'first-and-last-frame'
    | 'reference-to-video'
    | 'video-to-video';
  parameters: {
    provider: string;
    model: string;
    prompt: string;
    aspectRatio: string;
    resolution: string;
    durationSeconds: number;
    negativePrompt?: string | undefined;
    personGeneration?: string | undefined;
    enhancePrompt?: boolean | undefined;
    enableUpsample?: boolean | undefined;
    videoCount?: number | undefined;
    extra?: Record<string, string | number | boolean> | undefined;
  };
  /** List price, in micro-dollars; missing if there is none. */
  priceMicros?: number | undefined;
  /** Why the job would end without a video if it were created now; empty if no reason is known. */
  problems: Array<PredictedFailure>;
  /** Why the job would wait if it were created now. */
  waiting?: Waiting | undefined;
  /** Only where the owner has a limit. */
  budget?:
    | {
        /** In UTC. */
        day: string;
        limitMicros: number;
        /** Before this job. */
        leftMicros: number;
      }
    | undefined;
  /** What was not looked at. */
  notes: Array<string>;
};

export type FieldProblem = {
  field: string;
  message: string;
};

export type FrameName =
  | {
      /** The `frameKey` of an upload. */
      key: string;
    }
  | {
      /** A public https address, without credentials. The frame is fetched after the answer and kept with the job. Nobody is shown the query of the address. */
      url: string;
    }
  | S3Object;

/** An answer of API Gateway itself. */
export type GatewayMessage = {
  message: string;
};

export type Health = {
  status: 'ok';
  stage: string;
};

export type Job = {
  jobId: string;
  status:
    | 'accepted'
    | 'queued'
    | 'submitting'
    | 'running'
    | 'storing'
    | 'succeeded'
    | 'failed'
    | 'cancelled'
    | 'submit-unknown';
  /** Why it waits, while it is `queued`. */
  waiting?: Waiting | undefined;
  /** While it is `running`, in the answer of `GET /jobs/{id}`. */
  progress?: Progress | undefined;
  run: number;
  owner: string;
  provider?: string | undefined;
  model?: string | undefined;
  movedFrom?:
    | Array<{
        provider: string;
        model: string;
        why: string;
        at: string;
      }>
    | undefined;
  parameters?:
    | {
        provider: string;
        model: string;
        prompt: string;
        aspectRatio: string;
        resolution: string;
        durationSeconds: number;
        negativePrompt?: string | undefined;
        personGeneration?: string | undefined;
        enhancePrompt?: boolean | undefined;
        enableUpsample?: boolean | undefined;
        videoCount?: number | undefined;
        extra?: Record<string, string | number | boolean> | undefined;
      }
    | undefined;
  scene:
    | 'text-to-video'
    | 'image-to-video'
    | 'first-and-last-frame'
    | 'reference-to-video'
    | 'video-to-video';
  /** The batch that it belongs to. */
  batch?:
    | {
        batchId: string;
        line: number;
      }
    | undefined;
  startFrame?:
    | {
        bucket: string;
        key: string;
        versionId?: string | undefined;
      }
    | undefined;
  lastFrame?:
    | {
        bucket: string;
        key: string;
        versionId?: string | undefined;
      }
    | undefined;
  referenceFrames?:
    | Array<{
        bucket: string;
        key: string;
        versionId?: string | undefined;
      }>
    | undefined;
  priority?: 'high' | 'normal' | 'low' | undefined;
  metadata: Record<string, string>;
  createdAt: string;
  updatedAt: string;
  submittedAt?: string | undefined;
  finishedAt?: string | undefined;
  overdue?: boolean | undefined;
  attention?:
    | {
        reason: string;
        since: string;
      }
    | undefined;
  /** What a person can do, while the job needs attention. */
  advice?:
    | {
        whatToDo: string;
        /** Heading of docs/runbook.md, as in its link. */
        runbook: string;
      }
    | undefined;
  cancelRequest?:
    | {
        by: string;
        at: string;
        abandon?: true | undefined;
        provider?: 'asked' | 'refused' | undefined;
      }
    | undefined;
  attempt: number;
  taskId?: string | undefined;
  /** List price of one submit, in micro-dollars. */
  priceMicros?: number | undefined;
  /** What earlier submits of this job may have cost. */
  atStakeMicros?: number | undefined;
  costMicros?: number | undefined;
  reserved?:
    | {
        day: string;
        micros: number;
      }
    | undefined;
  video?:
    | {
        bucket: string;
        key: string;
        versionId?: string | undefined;
        bytes: number;
        sha256: string;
        durationSeconds: number;
        width: number;
        height: number;
      }
    | undefined;
  /** How many videos were stored, when there is more than one. */
  videoCount?: number | undefined;
  failure?:
    | {
        code:
          | 'INVALID_FRAME'
          | 'INVALID_PARAMETERS'
          | 'CONTENT_FILTERED'
          | 'PROVIDER_REJECTED'
          | 'PROVIDER_FAILED'
          | 'PROVIDER_AUTH'
          | 'PROVIDER_BALANCE'
          | 'PROVIDER_QUOTA'
          | 'PROVIDER_KEY_MISSING'
          | 'MODEL_RETIRED'
          | 'EMPTY_RESULT'
          | 'EXPIRED'
          | 'CANCELLED'
          | 'BUDGET_EXCEEDED'
          | 'DOWNLOAD_FAILED'
          | 'DOWNLOAD_INVALID'
          | 'INTERNAL';
        message: string;
        advice: string;
        charged: 'yes' | 'no' | 'unknown';
      }
    | undefined;
  webhook?: Webhook | undefined;
  timeline?: Array<TimelineEntry> | undefined;
};

export type JobList = {
  jobs: Array<JobSummary>;
  /** Where the next page goes on. Without it this is the last one. */
  nextCursor?: string | undefined;
};

export type JobRequestBody = {
  /** The start frame. Without it the video is made from the prompt alone, from reference frames, or from a video to continue. */
  frame?: FrameName | undefined;
  lastFrame?: FrameName | undefined;
  referenceFrames?: Array<FrameName> | undefined;
  video?: VideoName | undefined;
  /** What happens in the video, in up to 5,000 characters. */
  prompt?: string | undefined;
  /** A provider of the stage. Default: one that offers the model. */
  provider?: string | undefined;
  /** A model that `GET /models` lists. Default: the model of the stage. */
  model?: string | undefined;
  /** `16:9`, `9:16`, or `auto`: the one nearest to that of the start frame. */
  aspectRatio?: string | undefined;
  /** `720p`, `1080p` or `4k`, if the model makes it. */
  resolution?: string | undefined;
  /** A length that the model makes, such as 8. */
  durationSeconds?: number | undefined;
  enhancePrompt?: boolean | undefined;
  enableUpsample?: boolean | undefined;
  negativePrompt?: string | undefined;
  personGeneration?: string | undefined;
  videoCount?: number | undefined;
  /** Parameters that only the gateway knows; they are passed through. */
  extra?: Record<string, string | number | boolean> | undefined;
  /** Which job goes first where jobs wait: `high`, `normal` (the default) or `low`. */
  priority?: string | undefined;
  /** Free text that events and the manifest repeat: at most 2,048 bytes of UTF-8. */
  metadata?: Record<string, string> | undefined;
  /** A public https address that is notified of the job’s events. `GET /webhooks/secret` gives the key of their signatures. */
  webhookUrl?: string | undefined;
};

export type JobSummary = {
  jobId: string;
  status:
    | 'accepted'
    | 'queued'
    | 'submitting'
    | 'running'
    | 'storing'
    | 'succeeded'
    | 'failed'
    | 'cancelled'
    | 'submit-unknown';
  owner: string;
  provider?: string | undefined;
  model?: string | undefined;
  startFrame?:
    | {
        bucket: string;
        key: string;
        versionId?: string | undefined;
      }
    | undefined;
  /** Where the start frame lies: its key up to the last `/`, without it. */
  folder?: string | undefined;
  createdAt: string;
  submittedAt?: string | undefined;
  finishedAt?: string | undefined;
  overdue?: boolean | undefined;
  attention?:
    | {
        reason: string;
        since: string;
      }
    | undefined;
  priceMicros?: number | undefined;
  costMicros?: number | undefined;
  video?:
    | {
        bucket: string;
        key: string;
        versionId?: string | undefined;
        bytes: number;
        sha256: string;
        durationSeconds: number;
        width: number;
        height: number;
      }
    | undefined;
  videoCount?: number | undefined;
  failure?:
    | {
        code:
          | 'INVALID_FRAME'
          | 'INVALID_PARAMETERS'
          | 'CONTENT_FILTERED'
          | 'PROVIDER_REJECTED'
          | 'PROVIDER_FAILED'
          | 'PROVIDER_AUTH'
          | 'PROVIDER_BALANCE'
          | 'PROVIDER_QUOTA'
          | 'PROVIDER_KEY_MISSING'
          | 'MODEL_RETIRED'
          | 'EMPTY_RESULT'
          | 'EXPIRED'
          | 'CANCELLED'
          | 'BUDGET_EXCEEDED'
          | 'DOWNLOAD_FAILED'
          | 'DOWNLOAD_INVALID'
          | 'INTERNAL';
        message: string;
        advice: string;
        charged: 'yes' | 'no' | 'unknown';
      }
    | undefined;
};

export type ManifestName =
  | {
      key: string;
    }
  | {
      s3Uri: string;
    };

export type Model = {
  provider: string;
  id: string;
  /** The model of a job request that names neither provider nor model. */
  isDefault: boolean;
  dialect: 'gptproto' | 'gemini' | 'openai-video';
  scenes: Array<
    'text-to-video' | 'image-to-video' | 'first-and-last-frame' | 'reference-to-video' | 'video-to-video'
  >;
  aspectRatios: Array<string>;
  resolutions: Array<string>;
  durationsSeconds: Array<number>;
  /** Resolutions and scenes that leave only 8 s. */
  fixedDurationWith: Array<string>;
  /** Of a continued video, where they are fewer. */
  extensionResolutions?: Array<string> | undefined;
  /** Optional parameters that it takes. */
  takes: Array<string>;
  maxPromptCharacters: number;
  maxReferenceFrames: number;
  requestsPerMinute?: number | undefined;
  /** Micro-dollars for a second of video, by resolution; empty without a list price. */
  pricePerSecondMicros: Record<string, number>;
  billing?:
    | {
        /** A video that was withheld for its content is free. */
        isFilteredFree: boolean;
        /** If fewer videos come than were requested, only those are charged. */
        isDeliveredOnly: boolean;
        source: string;
      }
    | undefined;
  watermark: string;
  retentionHours: number;
  lifeCycle: {
    status: 'available' | 'preview' | 'retired';
    /** The day from which its maker no longer offers it. */
    retiresOn?: string | undefined;
    replacement?: string | undefined;
    source: string;
  };
  source: string;
};

export type PauseProviderRequest = {
  reason?: string | undefined;
};

export type PredictedFailure = {
  code:
    | 'INVALID_FRAME'
    | 'INVALID_PARAMETERS'
    | 'CONTENT_FILTERED'
    | 'PROVIDER_REJECTED'
    | 'PROVIDER_FAILED'
    | 'PROVIDER_AUTH'
    | 'PROVIDER_BALANCE'
    | 'PROVIDER_QUOTA'
    | 'PROVIDER_KEY_MISSING'
    | 'MODEL_RETIRED'
    | 'EMPTY_RESULT'
    | 'EXPIRED'
    | 'CANCELLED'
    | 'BUDGET_EXCEEDED'
    | 'DOWNLOAD_FAILED'
    | 'DOWNLOAD_INVALID'
    | 'INTERNAL';
  message: string;
  advice: string;
};

export type Problem = {
  type: 'about:blank';
  /** A name that stays, such as `INVALID_PARAMETERS`. */
  title: string;
  status: number;
  /** What is wrong and what to do, in a sentence. */
  detail: string;
  errors?: Array<FieldProblem> | undefined;
};

export type Progress = {
  /** Of the time by which most videos like it were there. */
  percent: number;
  /** Hardly any video was there before. */
  expectedFrom: string;
  /** Most were there by then. */
  expectedUntil: string;
};

export type Provider = {
  id: string;
  maxInFlight?: number | undefined;
  submitsPerMinute?: number | undefined;
  inFlight: number;
  waiting: number;
  /** Why nothing is submitted now. */
  obstacle?: Waiting | undefined;
};

export type RedeliverWebhookRequest = {
  /** An event of the timeline; by default the last one that webhooks receive. */
  eventId?: string | undefined;
};

export type RedriveJobRequest = {
  /** Submit again although the last submit may have been charged. */
  confirmResubmit?: boolean | undefined;
  /** End a job whose submit is unanswered. */
  giveUp?: boolean | undefined;
  /** The id of the task at the provider: the job goes on with it, and nothing is submitted. */
  taskId?: string | undefined;
};

export type RefusedRow = {
  /** The line in the manifest, or the position in `jobs`, from 1. */
  line: number;
  message: string;
  errors: Array<{
    field: string;
    message: string;
  }>;
};

export type S3Object = {
  s3Uri: string;
};

export type Stats = {
  owner: string;
  from: string;
  to: string;
  days: Array<DayOfModel>;
  total: StatsTotal;
};

export type StatsTotal = {
  /** All that ended. */
  jobs: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  videos: number;
  seconds: number;
  /** List price, in micro-dollars, of the videos and of what was charged without one. */
  costMicros: number;
  /** What may have been charged besides: unanswered submits. */
  atStakeMicros: number;
};

export type TimelineEntry = {
  eventId: string;
  type:
    | 'Video Job Accepted'
    | 'Video Job Queued'
    | 'Video Job Moved'
    | 'Video Job Submitted'
    | 'Video Job Overdue'
    | 'Video Job Succeeded'
    | 'Video Job Failed'
    | 'Video Job Cancel Requested'
    | 'Video Job Cancelled'
    | 'Video Job Restarted'
    | 'Video Job Needs Attention';
  sequence: number;
  status:
    | 'accepted'
    | 'queued'
    | 'submitting'
    | 'running'
    | 'storing'
    | 'succeeded'
    | 'failed'
    | 'cancelled'
    | 'submit-unknown';
  at: string;
  actor: string;
  action?:
    | 'cancel'
    | 'abandon'
    | 'ask-again'
    | 'start-again'
    | 'order-again'
    | 'adopt-task'
    | 'give-up'
    | 'restart'
    | 'repair'
    | 'hint'
    | undefined;
};

export type Upload = {
  url: string;
  /** A secret until `expiresAt`. */
  fields: Record<string, string>;
  /** For `POST /jobs`: `{"frame": {"key": …}}`. No other owner can use it. */
  frameKey: string;
  /** Until when the upload may begin. */
  expiresAt: string;
};

export type VideoAddress = {
  /** Opens this one video, in parts too (`Range`), without a signature. A secret. */
  url: string;
  /** At the latest; open it at once, and ask again for another. */
  expiresAt: string;
};

export type VideoName =
  | S3Object
  | {
      uri: string;
    }
  | {
      jobId: string;
    };

export type Waiting = {
  reason: 'IN_QUEUE' | 'PAUSED_BY_PROVIDER' | 'CIRCUIT_OPEN' | 'PAUSED_BY_ADMIN';
  message: string;
  advice?: string | undefined;
  since?: string | undefined;
  /** When the next submit may be tried. */
  until?: string | undefined;
};

export type Webhook = {
  host: string;
  /** Every try of the last 30 days, in the order of the events. */
  deliveries?: Array<Delivery> | undefined;
};

export type WebhookKeys = {
  owner: string;
  /** The present one first, then the one before it: each delivery is signed with both. */
  keys: Array<string>;
  /** Of the webhook that the stage’s settings name; for its admins. */
  stageKeys?: Array<string> | undefined;
};

/** Every operation of the API, by its id. */
export const operationsOf = (send: Send) => ({
  /** Create an upload form for a frame or the manifest of a batch. The file goes to S3 directly, with a form that takes one object of this type and at most this size. An upload starts nothing; it is deleted after seven days. */
  createUpload: (body: CreateUploadRequest, options: CallOptions = {}) =>
    send<Upload>({ method: 'POST', pattern: '/uploads', body, options }),
  /** Order a video. Once the job is recorded the answer is 202, whatever happens next: see the job. A wrong value is refused before anything is spent. */
  createJob: (body: CreateJobRequest, options: KeyedCallOptions = {}) =>
    send<DryRun | Job>({ method: 'POST', pattern: '/jobs', body, isKeyed: true, options }),
  /** Your jobs, newest first. A page costs the same however many jobs there are. With `status` and `folder` together a page may have fewer jobs than `limit`, even none, and still a `nextCursor`: go on until there is none. A list follows the jobs within moments, not at once. */
  listJobs: (
    query: {
      status?:
        | 'accepted'
        | 'queued'
        | 'submitting'
        | 'running'
        | 'storing'
        | 'succeeded'
        | 'failed'
        | 'cancelled'
        | 'submit-unknown'
        | undefined;
      /** Where the start frame lies: its key up to the last `/`. Empty for those in no folder. Folders below are others. */
      folder?: string | undefined;
      /** Accepted at that time, or later. */
      from?: string | undefined;
      /** Accepted before that time. */
      to?: string | undefined;
      /** Whose jobs, for admins; else your own. */
      owner?: string | undefined;
      /** 25 where left out. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same query. */
      cursor?: string | undefined;
    } = {},
    options: CallOptions = {},
  ) => send<JobList>({ method: 'GET', pattern: '/jobs', query, options }),
  /** A job: its status, timeline, cost and failure, and what to do. */
  showJob: (id: string, options: CallOptions = {}) =>
    send<Job>({ method: 'GET', pattern: '/jobs/{id}', path: { id }, options }),
  /** Delete a job that ended: its record and its files, for good. Deletes every version of its video and manifest. The dropped frame stays, and its cost stays counted. If the request was cut off, send it again. For 90 days the Idempotency-Key of the job creates no job: the answer is 409 `JOB_DELETED`. */
  deleteJob: (id: string, options: CallOptions = {}) =>
    send<null>({ method: 'DELETE', pattern: '/jobs/{id}', path: { id }, options }),
  /** Cancel a job. */
  cancelJob: (id: string, body: CancelJobRequest = {}, options: CallOptions = {}) =>
    send<Job>({ method: 'POST', pattern: '/jobs/{id}/cancel', path: { id }, body, options }),
  /** Start a job again from where it ended. */
  redriveJob: (id: string, body: RedriveJobRequest = {}, options: CallOptions = {}) =>
    send<Job>({ method: 'POST', pattern: '/jobs/{id}/redrive', path: { id }, body, options }),
  /** The jobs that need attention, oldest first, and what to do. Your own jobs; for an admin the jobs of all owners, or of `owner`. */
  listAttention: (
    query: {
      /** Whose jobs, for admins. */
      owner?: string | undefined;
      /** 25 where left out. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same query. */
      cursor?: string | undefined;
    } = {},
    options: CallOptions = {},
  ) => send<Attention>({ method: 'GET', pattern: '/attention', query, options }),
  /** How many jobs succeeded, failed or were cancelled, and their cost, by day and model. A job counts once it ended, on the day (UTC) of its reservation, else of its submit, else of its acceptance. A deleted job stays counted. Costs are list prices. */
  showStats: (
    query: {
      /** The first day (UTC); a week before the last where left out. */
      from?: string | undefined;
      /** The last day (UTC), included; today where left out. At most 31 days together. */
      to?: string | undefined;
      /** Whose jobs, for admins; else your own. */
      owner?: string | undefined;
    } = {},
    options: CallOptions = {},
  ) => send<Stats>({ method: 'GET', pattern: '/stats', query, options }),
  /** The video of a job. A redirect to an address that is good for 15 minutes at most; with `Accept: application/json` the address itself. Send it nothing of what signed this request: S3 refuses two signatures. */
  showVideo: (
    id: string,
    query: {
      /** Which one, where the job made several (`videoCount`); the first where left out. */
      output?: number | undefined;
    } = {},
    options: CallOptions = {},
  ) => send<VideoAddress>({ method: 'GET', pattern: '/jobs/{id}/video', path: { id }, query, options }),
  /** The models of this stage: what each makes, its price, and its life cycle. */
  listModels: (options: CallOptions = {}) =>
    send<{
      models: Array<Model>;
    }>({ method: 'GET', pattern: '/models', options }),
  /** Deliver an event to the job’s webhook again. The delivery has the same `webhook-id` as before, whether that one arrived or not. */
  redeliverWebhook: (id: string, body: RedeliverWebhookRequest = {}, options: CallOptions = {}) =>
    send<Job>({ method: 'POST', pattern: '/jobs/{id}/webhook-redeliver', path: { id }, body, options }),
  /** The keys that your receivers check signatures with. Every delivery is signed as Standard Webhooks says (`webhook-id`, `webhook-timestamp`, `webhook-signature`). The keys are the caller’s own; an admin may ask for those of another owner. */
  showWebhookKeys: (
    query: {
      owner?: string | undefined;
    } = {},
    options: CallOptions = {},
  ) => send<WebhookKeys>({ method: 'GET', pattern: '/webhooks/secret', query, options }),
  /** Order many videos. Each row becomes a job of its own, some at a time. An invalid row is refused with its line; the others become jobs. */
  createBatch: (body: CreateBatchRequest, options: KeyedCallOptions = {}) =>
    send<Batch>({ method: 'POST', pattern: '/batches', body, isKeyed: true, options }),
  /** A batch: the status of its jobs, and its refused rows with the reason. */
  showBatch: (
    id: string,
    query: {
      cursor?: string | undefined;
      /** 100 where left out. */
      limit?: number | undefined;
    } = {},
    options: CallOptions = {},
  ) => send<Batch>({ method: 'GET', pattern: '/batches/{id}', path: { id }, query, options }),
  /** The jobs of a batch, each with its line. */
  listBatchJobs: (
    id: string,
    query: {
      cursor?: string | undefined;
      /** 500 where left out. */
      limit?: number | undefined;
    } = {},
    options: CallOptions = {},
  ) => send<BatchJobs>({ method: 'GET', pattern: '/batches/{id}/jobs', path: { id }, query, options }),
  /** The providers, and whether they are open for submits. */
  listProviders: (options: CallOptions = {}) =>
    send<{
      providers: Array<Provider>;
    }>({ method: 'GET', pattern: '/providers', options }),
  /** Pause all submits of a provider. Only requests that are already on the way still arrive. Jobs wait, and lose nothing. */
  pauseProvider: (id: string, body: PauseProviderRequest = {}, options: CallOptions = {}) =>
    send<Provider>({ method: 'POST', pattern: '/providers/{id}/pause', path: { id }, body, options }),
  /** Resume submits. */
  resumeProvider: (id: string, options: CallOptions = {}) =>
    send<Provider>({ method: 'POST', pattern: '/providers/{id}/resume', path: { id }, options }),
  /** This document. */
  showApi: (options: CallOptions = {}) =>
    send<Record<string, unknown>>({ method: 'GET', pattern: '/openapi.json', options }),
  /** Whether the API answers. It reads nothing, so a call costs nothing but itself. */
  showHealth: (options: CallOptions = {}) => send<Health>({ method: 'GET', pattern: '/health', options }),
});

export type Operations = ReturnType<typeof operationsOf>;
