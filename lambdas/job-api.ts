import { apiHandler } from './api/api-handler.ts';
import { operations } from './api/operations.ts';

/** The HTTP API: an order becomes a job, and its owner sees how it goes, cancels it, and starts it again. */
export const handler = apiHandler(operations);
