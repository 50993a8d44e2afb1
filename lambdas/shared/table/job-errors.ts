/** Another function changed the job since it was read. Read it again and decide anew. */
export class StaleJob extends Error {
  override readonly name = 'StaleJob';
}

export const isStaleJob = (error: unknown): error is StaleJob => error instanceof StaleJob;

/** The owner's budget of that day has no room for the job. Nothing was written. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent';
}

/** The task belongs to another job. Nothing was written. */
export class TaskTaken extends Error {
  override readonly name = 'TaskTaken';
}

export class JobNotFound extends Error {
  override readonly name: 'JobNotFound' | 'JobDeleted' = 'JobNotFound';
}

/** The job existed and was deleted: it is never made again. */
export class JobDeleted extends JobNotFound {
  override readonly name = 'JobDeleted';
}
