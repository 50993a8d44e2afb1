import { apiHandler } from './api/api-handler.ts';
import { createBatch, listBatchJobs, showBatch } from './api/batches.ts';

/** The routes about batches: apart from the others, whose bundle has no room for what they need. */
export const handler = apiHandler({ createBatch, showBatch, listBatchJobs });
