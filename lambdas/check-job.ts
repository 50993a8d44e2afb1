import { ProviderError } from '../core/errors.ts';
import { isEnded, type Job } from '../core/job.ts';
import { type Decision, decideOnStatus, decideOnTrouble } from '../core/verdict.ts';
import { saveJob } from './shared/job-store.ts';
import { logger } from './shared/logger.ts';
import { providerFor } from './shared/providers.ts';
import { providerSettings } from './shared/settings.ts';
import { stepHandler } from './shared/step-handler.ts';

/** Asks the provider and decides. A question that went wrong never fails a job. */
export const handler = stepHandler(async (job, { now }) => {
  if (isEnded(job.state) || job.state.status === 'submit-unknown') return { next: 'end' };
  // Not ordered yet: the submit was refused for now and has waited.
  if (!job.state.task) return { next: 'submit' };
  const decision = await ask(job, job.state.task, now);
  await saveJob(job, decision.change);
  return decision;
});

const ask = async (
  { state }: Job,
  task: NonNullable<Job['state']['task']>,
  now: () => string,
): Promise<Decision> => {
  const settings = providerSettings(state.provider);
  try {
    const status = await providerFor(state.provider).check(task);
    if (status.state === 'unknown') logger.warn('unknown status word', { word: status.word });
    return decideOnStatus(state, status, settings, now());
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    logger.warn('the provider could not be asked', { error });
    return decideOnTrouble(state, error, settings, now());
  }
};
