import * as z from 'zod';

/** How fast the rows of a batch become jobs. */
export const BatchSettings = z.strictObject({
  /**
   * Rows of one batch; at most two batches are read at a time. Every job begins with functions that run for a second or so. Ten rows a
   * second leave room on an account that may run ten functions at once, and are more than any provider takes.
   */
  rowsPerSecond: z.int().positive().max(200).default(10),
});
