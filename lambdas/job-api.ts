import { apiHandler } from './api/api-handler.ts';
import { operations } from './api/operations.ts';

/** The HTTP API: makes a job of a job request, shows it to its owner, cancels and redrives it. */
export const handler = apiHandler(operations);
