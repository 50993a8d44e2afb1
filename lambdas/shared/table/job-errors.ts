/** The job moved on since it was read. Reading it again and deciding anew is right. */
export class StaleJob extends Error {
  override readonly name = 'StaleJob';
}

export const isStaleJob = (error: unknown): error is StaleJob => error instanceof StaleJob;

/** The owner's budget of that day has no room for this job. Nothing was written. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent';
}

export class JobNotFound extends Error {
  override readonly name: 'JobNotFound' | 'JobDeleted' = 'JobNotFound';
}

/** The job was there and was deleted: it is never made again. */
export class JobDeleted extends JobNotFound {
  override readonly name = 'JobDeleted';
}
