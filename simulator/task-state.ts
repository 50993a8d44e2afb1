/** The gateway's own states; each dialect has its words for them. `mystery` shows as a word that no client knows. */
export const taskStates = [
  'queued',
  'running',
  'succeeded',
  'failed',
  'filtered',
  'empty',
  'cancelled',
  'mystery',
] as const;
export type TaskState = (typeof taskStates)[number];
