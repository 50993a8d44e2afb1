import type { OperationId } from '../../core/api/routes.ts';
import { createJob } from './create-job.ts';
import { listAttention, listJobs, showStats } from './find-jobs.ts';
import { deleteJob, showVideo } from './job-files.ts';
import { cancelJob, redriveJob, showJob } from './jobs.ts';
import type { Operation } from './operation.ts';
import { listProviders, pauseProvider, resumeProvider } from './providers.ts';
import { showApi } from './show-api.ts';
import { showHealth } from './show-health.ts';

/** What answers each route. */
export const operations: Readonly<Record<OperationId, Operation>> = {
  createJob,
  showJob,
  cancelJob,
  redriveJob,
  listJobs,
  listAttention,
  showStats,
  showVideo,
  deleteJob,
  listProviders,
  pauseProvider,
  resumeProvider,
  showApi,
  showHealth,
};
