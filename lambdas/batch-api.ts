import { apiHandler } from './api/api-handler.ts';
import { createBatch, listBatchJobs, showBatch } from './api/batches.ts';

/** The routes about batches. They stand apart because their code would make the other bundle too large. */
export const handler = apiHandler({ createBatch, showBatch, listBatchJobs });
