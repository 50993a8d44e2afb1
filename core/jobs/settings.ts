import * as z from 'zod';

/** When a provider is polled for a job, and how long its verdicts must last. */
export const PollSettings = z.strictObject({
  /** Poll once more before a verdict of failure counts: relays flap. */
  confirmFailure: z.boolean().default(true),
  /** Seconds from the submit to the first poll; a fast clip was measured at 113 s, the range is 11 s to 6 min. */
  firstWaitSeconds: z.int().positive().default(45),
  /** Seconds between the next polls, which then grow to 30. */
  pollStepSeconds: z.int().positive().default(10),
  /**
   * Seconds for which one step may repeat its poll when the video is near; 0 never does. 9 s cost less than another round of the
   * workflow.
   */
  askAgainSeconds: z.int().min(0).max(18).default(9),
  /** Seconds after the submit until a job counts as overdue. It is polled all the same. */
  deadlineSeconds: z.int().positive().default(1800),
  /** Seconds that the provider keeps a video; the seeds say 2 days. */
  retentionSeconds: z.int().positive().default(172_800),
  /** Seconds that "no such task" or "finished, but empty" must last before it counts. */
  doubtSeconds: z.int().nonnegative().default(600),
});
export type PollSettings = z.infer<typeof PollSettings>;
