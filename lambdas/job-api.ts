import { randomUUID } from 'node:crypto';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod';
import { ownerOfArn } from '../core/identity.ts';
import { apiOutputKey, keyedJobId, requestHash } from '../core/ids.ts';
import type { Job } from '../core/job.ts';
import { jobView } from '../core/job-view.ts';
import type { Given } from '../core/parameters.ts';
import { type WaitingView, waitingOf } from '../core/waiting.ts';
import { recordJob, requestOf } from './shared/accept-job.ts';
import { ApiProblem, jsonAnswer, problemAnswer } from './shared/api-answer.ts';
import { now } from './shared/clock.ts';
import { findObject } from './shared/find-media.ts';
import { findJob, loadTimeline } from './shared/job-store.ts';
import { startRun } from './shared/job-workflow.ts';
import { loggable, logger } from './shared/logger.ts';
import { CancelWish, cancel, RedriveWish, redrive } from './shared/operate-job.ts';
import { PauseWish, pauseProvider, resumeProvider, showProviders } from './shared/operate-provider.ts';
import { loadControl } from './shared/provider-control.ts';
import { settings } from './shared/settings.ts';

const S3Uri = z.string().regex(/^s3:\/\/[^/]+\/.+$/s, 'an s3://bucket/key');
const FrameName = z.strictObject({ s3Uri: S3Uri });

/** A video to continue: one of our own buckets', an address that the provider can open, or an earlier job's. */
const VideoName = z.union(
  [
    FrameName,
    z.strictObject({
      uri: z
        .string()
        .regex(/^(https|gs):\/\/\S+$/i, 'an https or gs address')
        .max(2048),
    }),
    z.strictObject({ jobId: z.string().min(1).max(64) }),
  ],
  'say {"s3Uri": …}, {"uri": …} or {"jobId": …}',
);

/** The body of `POST /jobs`: what may also be said in a drop's metadata, by the same names. */
const NewJob = z.strictObject({
  /** Without it the prompt alone, reference frames or a video say what to make. */
  frame: FrameName.optional(),
  lastFrame: FrameName.optional(),
  referenceFrames: z.array(FrameName).min(1).optional(),
  video: VideoName.optional(),
  prompt: z.string().min(1).optional(),
  provider: z.string().optional(),
  model: z.string().optional(),
  aspectRatio: z.string().optional(),
  resolution: z.string().optional(),
  durationSeconds: z.number().optional(),
  enhancePrompt: z.boolean().optional(),
  enableUpsample: z.boolean().optional(),
  negativePrompt: z.string().min(1).optional(),
  personGeneration: z.string().optional(),
  videoCount: z.number().optional(),
  extra: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  metadata: z.record(z.string().max(128), z.string().max(1024)).default({}),
});
type NewJob = z.infer<typeof NewJob>;

/** What API Gateway says of a caller whose signature it has checked. */
const IamContext = z.object({ authorizer: z.object({ iam: z.object({ userArn: z.string() }) }) });

type Answer = APIGatewayProxyStructuredResultV2;

/** The HTTP API: an order becomes a job, and its owner sees how it goes, cancels it, and starts it again. */
export const handler = middy<APIGatewayProxyEventV2, Answer>()
  .onError((request) => {
    if (request.error instanceof ApiProblem) return problemAnswer(request.error);
    logger.error('request failed', { error: request.error ?? 'unknown' });
    return problemAnswer(
      new ApiProblem(500, 'INTERNAL', 'Something went wrong here; nothing was ordered by this request.'),
    );
  })
  .handler(async (event: APIGatewayProxyEventV2): Promise<Answer> => {
    switch (event.routeKey) {
      case 'POST /jobs':
        return orderJob(event);
      case 'GET /jobs/{id}':
        return showJob(event);
      case 'POST /jobs/{id}/cancel':
        return operateJob(event, (id, by) => cancel(id, by, readOptionalBody(event, CancelWish)));
      case 'POST /jobs/{id}/redrive':
        return operateJob(event, (id, by) => redrive(id, by, readOptionalBody(event, RedriveWish)));
      case 'GET /providers':
        adminOf(event);
        return jsonAnswer(200, { providers: await showProviders() });
      case 'POST /providers/{id}/pause':
        return jsonAnswer(
          200,
          await pauseProvider(providerIdOf(event), adminOf(event), readOptionalBody(event, PauseWish)),
        );
      case 'POST /providers/{id}/resume':
        return jsonAnswer(200, await resumeProvider(providerIdOf(event), adminOf(event)));
      default:
        throw new ApiProblem(
          404,
          'NOT_FOUND',
          `There is no ${event.requestContext.http.method} ${event.rawPath}.`,
        );
    }
  });

const ownerOf = (event: APIGatewayProxyEventV2): string => {
  const context = IamContext.safeParse(event.requestContext);
  const owner = context.success ? ownerOfArn(context.data.authorizer.iam.userArn) : undefined;
  if (owner === undefined)
    throw new ApiProblem(403, 'FORBIDDEN', 'The request is not signed by a known identity.');
  return owner;
};

/** Providers are everybody's, so only those whom the stage names may look at them and stop them. */
const adminOf = (event: APIGatewayProxyEventV2): string => {
  const caller = ownerOf(event);
  if (!settings().admins.includes(caller))
    throw new ApiProblem(403, 'FORBIDDEN', `${caller} is none of this stage's admins.`);
  return caller;
};

const providerIdOf = (event: APIGatewayProxyEventV2): string => event.pathParameters?.id ?? '';

/** The job of the path, if the caller may see it. */
const jobOf = async (event: APIGatewayProxyEventV2, caller: string): Promise<Job> => {
  const jobId = event.pathParameters?.id ?? '';
  const job = await findJob(jobId);
  const maySee = job && (job.state.owner === caller || settings().admins.includes(caller));
  // Of somebody else's job one learns no more than of one that is not there.
  if (!maySee) throw new ApiProblem(404, 'NOT_FOUND', `There is no job ${jobId}.`);
  return job;
};

const showJob = async (event: APIGatewayProxyEventV2): Promise<Answer> => {
  const job = await jobOf(event, ownerOf(event));
  return jsonAnswer(200, jobView(job, await loadTimeline(job.state.jobId), await reasonToWait(job)));
};

const reasonToWait = async ({ state }: Job): Promise<WaitingView | undefined> =>
  state.status === 'queued' && state.provider !== undefined
    ? waitingOf(state, await loadControl(state.provider), now())
    : undefined;

/** What a person wants of a job is done, or under way: 202, and the job as it is now. */
const operateJob = async (
  event: APIGatewayProxyEventV2,
  operation: (jobId: string, actor: string) => Promise<Job>,
): Promise<Answer> => {
  const actor = ownerOf(event);
  const { state } = await jobOf(event, actor);
  const job = await operation(state.jobId, actor);
  return jsonAnswer(202, jobView(job, await loadTimeline(state.jobId)));
};

const orderJob = async (event: APIGatewayProxyEventV2): Promise<Answer> => {
  const owner = ownerOf(event);
  const key = idempotencyKeyOf(event);
  const body = readBody(event, NewJob);
  const hash = requestHash(body);
  const jobId = key === undefined ? randomUUID().replaceAll('-', '') : keyedJobId(owner, key);
  // A replay is answered by what is there, even if the frame is gone by now.
  const known = key === undefined ? undefined : await findJob(jobId);
  return acceptedAnswer(known ?? (await record(owner, jobId, body, hash)), hash);
};

const record = async (owner: string, jobId: string, body: NewJob, hash: string): Promise<Job> => {
  const startFrame = body.frame && (await findObject('frame', body.frame.s3Uri));
  if (startFrame && 'message' in startFrame) throw invalid([startFrame]);
  const request = await requestOf({
    owner,
    ...(startFrame ? { startFrame } : {}),
    given: toGiven(body),
    metadata: body.metadata,
    hash,
  });
  if (request.problems) throw invalid(request.problems);
  const { job } = await recordJob(
    {
      jobId,
      owner,
      actor: owner,
      ...(startFrame ? { source: startFrame } : {}),
      outputKey: apiOutputKey(owner, jobId),
    },
    request,
  );
  return job;
};

const invalid = (problems: readonly { field: string; message: string }[]): ApiProblem =>
  new ApiProblem(
    400,
    'INVALID_PARAMETERS',
    problems.map(({ message }) => message).join(' '),
    problems.map(({ field, message }) => ({ field, message })),
  );

/** Once the record is there the answer is 202, whatever happens next: a 5xx would make the caller order again. */
const acceptedAnswer = async (job: Job, hash: string): Promise<Answer> => {
  if (job.request.requestHash !== hash)
    throw new ApiProblem(422, 'IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for another request.');
  if (job.state.status === 'accepted') {
    try {
      await startRun(job.state);
    } catch (error) {
      logger.error('job not started yet', {
        jobId: job.state.jobId,
        error: loggable(error),
      });
    }
  }
  return jsonAnswer(202, jobView(job), { location: `/jobs/${job.state.jobId}` });
};

const MAX_IDEMPOTENCY_KEY = 255;

const idempotencyKeyOf = ({ headers }: APIGatewayProxyEventV2): string | undefined => {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (key.length === 0 || key.length > MAX_IDEMPOTENCY_KEY)
    throw new ApiProblem(
      400,
      'INVALID_IDEMPOTENCY_KEY',
      `An Idempotency-Key has 1 to ${MAX_IDEMPOTENCY_KEY} characters.`,
    );
  return key;
};

const readOptionalBody = <Body>(event: APIGatewayProxyEventV2, schema: z.ZodType<Body>): Body =>
  readBody(event.body ? event : { ...event, body: '{}', isBase64Encoded: false }, schema);

const readBody = <Body>(
  { body = '', isBase64Encoded }: APIGatewayProxyEventV2,
  schema: z.ZodType<Body>,
): Body => {
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw invalid(
    parsed.error.issues.map(({ path, message }) => ({
      field: path.join('.') || 'body',
      message: `${path.join('.') || 'body'}: ${message}.`,
    })),
  );
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw Object.assign(new ApiProblem(400, 'INVALID_JSON', 'The body is not JSON.'), { cause });
  }
};

/** The body in the words of a drop's metadata, so that both meet the same checks. */
const toGiven = ({
  frame: _,
  metadata: __,
  lastFrame,
  referenceFrames,
  video,
  extra,
  ...said
}: NewJob): Given =>
  Object.fromEntries(
    Object.entries({
      ...said,
      lastFrame: lastFrame?.s3Uri,
      referenceFrames: referenceFrames && JSON.stringify(referenceFrames.map(({ s3Uri }) => s3Uri)),
      video: video && nameOf(video),
      extra: extra && JSON.stringify(extra),
    }).flatMap(([field, value]) => (value === undefined ? [] : [[field, String(value)]])),
  );

const nameOf = (video: z.infer<typeof VideoName>): string => {
  if ('s3Uri' in video) return video.s3Uri;
  return 'uri' in video ? video.uri : `job:${video.jobId}`;
};
