import type { CreateBatchRequest } from '../../core/api/batch-request.ts';
import { batchRoutes } from '../../core/api/batch-routes.ts';
import { batchView } from '../../core/api/batch-view.ts';
import { acceptBatch, type BatchState, isExpanded, type ManifestFile } from '../../core/batches/batch.ts';
import { keyedBatchId, requestHash } from '../../core/kernel/ids.ts';
import { sendForBatch } from '../shared/messaging/batch-queue.ts';
import { now } from '../shared/platform/clock.ts';
import { loggable, logger } from '../shared/platform/logger.ts';
import { ApiProblem, jsonAnswer } from '../shared/platform/problem-response.ts';
import { findManifest, putManifest } from '../shared/storage/manifest-file.ts';
import * as batches from '../shared/table/batch-store.ts';
import { type Caller, mayOperate } from './caller.ts';
import { idOfRequest, mustBeSameRequest } from './idempotency.ts';
import { operation } from './operation.ts';
import { invalid } from './read-request.ts';

export const createBatch = operation(
  batchRoutes.createBatch,
  async ({ caller: { owner }, headers, body }) => {
    const key = headers['idempotency-key'];
    const hash = requestHash(body);
    const batchId = idOfRequest(owner, key, keyedBatchId);
    // A replay is answered with the existing batch, even if its manifest is gone by now.
    const known = key === undefined ? undefined : await batches.findBatch(batchId);
    const batch = known ?? (await record(batchId, owner, body, hash));
    mustBeSameRequest(batch, hash);
    if (!isExpanded(batch)) await start(batch);
    return jsonAnswer(202, batchView(batch, {}, undefined, now()), {
      location: `batches/${batch.batchId}`,
    });
  },
);

const record = async (
  batchId: string,
  owner: string,
  body: CreateBatchRequest,
  hash: string,
): Promise<BatchState> => {
  const manifest = await manifestOf(batchId, owner, body, hash);
  const rows = 'jobs' in body ? { rows: body.jobs.length } : {};
  const batch = acceptBatch({ batchId, owner, requestHash: hash, manifest, ...rows }, now());
  logger.info('batch accepted', { batchId, owner, ...rows });
  return batches.createBatch(batch);
};

const manifestOf = async (
  batchId: string,
  owner: string,
  body: CreateBatchRequest,
  hash: string,
): Promise<ManifestFile> => {
  if ('jobs' in body) return putManifest(owner, batchId, hash, body.jobs);
  const found = await findManifest(body.manifest, owner);
  if ('message' in found) throw invalid([found]);
  return found;
};

/** With the record written the answer is 202, whatever happens next: the sweeper sends a message that could not be sent. */
const start = async ({ batchId }: BatchState): Promise<void> => {
  try {
    await sendForBatch(batchId);
  } catch (error) {
    logger.error('batch not started yet', { batchId, error: loggable(error) });
  }
};

/** The batch of the path, if the caller may see it. @throws ApiProblem */
const batchOf = async (batchId: string, caller: Caller): Promise<BatchState> => {
  const batch = await batches.findBatch(batchId);
  // Another owner's batch is answered like one that does not exist.
  if (!batch || !mayOperate(caller, batch))
    throw new ApiProblem(404, 'NOT_FOUND', `There is no batch ${batchId}.`);
  return batch;
};

/** The line after which a page begins. */
const afterOf = (cursor: string | undefined): number => Number(cursor?.slice('after-'.length) ?? 0);

/** The next page begins after the last line of this one. One row more than the page is read, to know whether there is a next page. */
const pageOf = <Row extends { readonly line: number }>(rows: readonly Row[], limit: number) => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, ...(rows.length > limit && last ? { nextCursor: `after-${last.line}` } : {}) };
};

export const showBatch = operation(batchRoutes.showBatch, async ({ caller, params, query }) => {
  const batch = await batchOf(params.id, caller);
  const { limit } = query;
  const [jobs, refused] = await Promise.all([
    batches.countJobs(batch.batchId),
    batches.refusedRows(batch.batchId, afterOf(query.cursor), limit + 1),
  ]);
  return jsonAnswer(200, batchView(batch, jobs, pageOf(refused, limit), now()));
});

export const listBatchJobs = operation(batchRoutes.listBatchJobs, async ({ caller, params, query }) => {
  const { batchId } = await batchOf(params.id, caller);
  const { limit } = query;
  const page = pageOf(await batches.jobsOfBatch(batchId, afterOf(query.cursor), limit + 1), limit);
  return jsonAnswer(200, { jobs: page.rows, nextCursor: page.nextCursor });
});
