import * as z from 'zod';

/** The body of `POST /jobs/{id}/cancel`. */
export const CancelJobRequest = z
  .strictObject({
    abandon: z
      .boolean()
      .default(false)
      .describe('Cancel although the provider cannot stop; a video that comes is stored.'),
  })
  .meta({ id: 'CancelJobRequest' });
export type CancelJobRequest = z.infer<typeof CancelJobRequest>;

/** The body of `POST /jobs/{id}/redrive`: a person's word, where one is needed. */
export const RedriveJobRequest = z
  .strictObject({
    confirmResubmit: z
      .boolean()
      .optional()
      .describe('Submit again although the last submit may have been charged.'),
    giveUp: z.boolean().optional().describe('End a job whose submit is unanswered.'),
    taskId: z
      .string()
      .min(1)
      .max(512)
      .regex(/^[\w.:/~+=-]+$/, 'a task id')
      .refine((id) => !/(^|\/)\.{1,2}(\/|$)/.test(id), 'a task id')
      .optional()
      .describe('The id of the task at the provider: the job goes on with it, and nothing is submitted.'),
  })
  .refine(
    ({ confirmResubmit, giveUp, taskId }) =>
      [confirmResubmit, giveUp, taskId !== undefined].filter(Boolean).length <= 1,
    'say one of confirmResubmit, giveUp and taskId',
  )
  .meta({ id: 'RedriveJobRequest' });
export type RedriveJobRequest = z.infer<typeof RedriveJobRequest>;
