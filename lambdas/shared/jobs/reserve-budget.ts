import { budgetSpent, decideReservation, limitOf, OwnerLimits } from '../../../core/billing/budget.ts';
import { fail } from '../../../core/jobs/ending.ts';
import { isEnded, type Job, type JobChange } from '../../../core/jobs/job.ts';
import { logger } from '../platform/logger.ts';
import { settings } from '../platform/settings.ts';
import { loadItem } from '../table/dynamodb.ts';
import { BudgetSpent } from '../table/job-errors.ts';
import { saveJob, saveReserving } from '../table/job-store.ts';
import { limitsKey } from '../table/keys.ts';

/**
 * Saves the prepared job and reserves its price in its owner's budget, in one transaction. Where the budget has no room the job
 * fails, free. Without budgets in the stage nothing is read or written for this.
 */
export const saveWithinBudget = async (job: Job, prepared: JobChange, now: () => string): Promise<Job> => {
  const { budgets } = settings();
  const { state } = prepared;
  if (!budgets || isEnded(state)) return saveJob(job, prepared);
  const item = await loadItem(limitsKey(state.owner));
  const limitMicros = limitOf(state.owner, budgets, item && OwnerLimits.parse(item));
  if (limitMicros === undefined) return saveJob(job, prepared);
  const { videoCount } = job.request.parameters ?? {};
  const decision = decideReservation(state, limitMicros, budgets, { videoCount, now: now() });
  switch (decision.do) {
    case 'nothing':
      return saveJob(job, prepared);
    case 'refuse':
      return saveJob(job, fail(job.state, decision.failure, now()));
    case 'reserve':
      try {
        const { reserved } = decision;
        return await saveReserving(job, { ...prepared, state: { ...state, reserved } }, limitMicros);
      } catch (error) {
        if (!(error instanceof BudgetSpent)) throw error;
        logger.info('no budget left', { owner: state.owner, ...decision.reserved });
        return saveJob(job, fail(job.state, budgetSpent(state.owner, decision.reserved, limitMicros), now()));
      }
  }
};
