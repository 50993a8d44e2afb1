import * as z from 'zod';

/** How urgent a job is among the jobs that wait for the same provider. */
export const Priority = z.enum(['high', 'normal', 'low']);
export type Priority = z.infer<typeof Priority>;

/** The priority of a job whose request names none. */
export const DEFAULT_PRIORITY: Priority = 'normal';
