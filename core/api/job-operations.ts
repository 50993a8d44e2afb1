import * as z from 'zod';

/** The body of `POST /jobs/{id}/cancel`. */
export const CancelJobRequest = z
  .strictObject({
    abandon: z
      .boolean()
      .default(false)
      .describe('Also when the provider cannot be stopped any more: what it still makes is stored.'),
  })
  .meta({ id: 'CancelJobRequest' });
export type CancelJobRequest = z.infer<typeof CancelJobRequest>;

/** The body of `POST /jobs/{id}/redrive`: a person's word, where one is needed. */
export const RedriveJobRequest = z
  .strictObject({
    confirmResubmit: z
      .boolean()
      .optional()
      .describe('Order again although the last order may have been charged.'),
    giveUp: z.boolean().optional().describe('End a job that nobody knows the fate of.'),
    taskId: z
      .string()
      .min(1)
      .max(512)
      .regex(/^[\w.:/~+=-]+$/, 'a task id')
      .refine((id) => !/(^|\/)\.{1,2}(\/|$)/.test(id), 'a task id')
      .optional()
      .describe('The task as the provider names it: it is taken up, and nothing is ordered.'),
  })
  .refine(
    ({ confirmResubmit, giveUp, taskId }) =>
      [confirmResubmit, giveUp, taskId !== undefined].filter(Boolean).length <= 1,
    'say one of confirmResubmit, giveUp and taskId',
  )
  .meta({ id: 'RedriveJobRequest' });
export type RedriveJobRequest = z.infer<typeof RedriveJobRequest>;
