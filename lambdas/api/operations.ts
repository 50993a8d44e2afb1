import type { batchRoutes } from '../../core/api/batch-routes.ts';
import type { OperationId } from '../../core/api/routes.ts';
import type { webhookRoutes } from '../../core/api/webhook-routes.ts';
import { createJob } from './create-job.ts';
import { listAttention, listJobs, showStats } from './find-jobs.ts';
import { deleteJob, showVideo } from './job-files.ts';
import { cancelJob, redriveJob, showJob } from './jobs.ts';
import { listModels } from './models.ts';
import type { Operation } from './operation.ts';
import { listProviders, pauseProvider, resumeProvider } from './providers.ts';
import { showApi } from './show-api.ts';
import { showHealth } from './show-health.ts';
import { createUpload } from './uploads.ts';

/** The operations of `job-api.ts`, one for each route. Webhooks and batches have functions of their own. */
export const operations: Readonly<
  Record<Exclude<OperationId, keyof typeof webhookRoutes | keyof typeof batchRoutes>, Operation>
> = {
  createUpload,
  createJob,
  showJob,
  cancelJob,
  redriveJob,
  listJobs,
  listAttention,
  showStats,
  showVideo,
  deleteJob,
  listModels,
  listProviders,
  pauseProvider,
  resumeProvider,
  showApi,
  showHealth,
};
