import type { PauseProviderRequest, ProviderView } from '../../../core/api/provider-view.ts';
import { pause, resume } from '../../../core/queue/circuit-breaker.ts';
import type { ProviderState } from '../../../core/queue/provider-state.ts';
import { obstacle } from '../../../core/queue/wait-reason.ts';
import { now } from '../platform/clock.ts';
import { logger } from '../platform/logger.ts';
import { ApiProblem } from '../platform/problem-response.ts';
import { settings } from '../platform/settings.ts';
import { loadProviderState, updateProviderState, wake } from '../table/provider-state.ts';
import { backlogOf } from '../table/queue-store.ts';

/** Every provider of the stage: whether jobs are submitted, how many videos are in flight, how many jobs wait. */
export const showProviders = async (): Promise<ProviderView[]> =>
  Promise.all(Object.keys(settings().providers).map(async (id) => viewOf(id, await loadProviderState(id))));

const viewOf = async (id: string, providerState: ProviderState): Promise<ProviderView> => {
  const limits = settings().providers[id];
  return {
    id,
    maxInFlight: limits?.maxInFlight,
    submitsPerMinute: limits?.submitsPerMinute,
    ...(await backlogOf(id)),
    obstacle: obstacle(id, providerState, now()),
  };
};

/** Stops submits from this moment on; those already on the wire complete. Jobs wait, and lose nothing. */
export const pauseProvider = (
  id: string,
  by: string,
  { reason }: PauseProviderRequest,
): Promise<ProviderView> =>
  operate(id, by, 'paused', (providerState) => pause(providerState, by, reason, now()));

/** Lets submits go on. Where the circuit is open, one half-open probe is sent at once. */
export const resumeProvider = (id: string, by: string): Promise<ProviderView> =>
  operate(id, by, 'resumed', (providerState) => resume(providerState, now()));

const operate = async (
  id: string,
  by: string,
  what: 'paused' | 'resumed',
  decide: (providerState: ProviderState) => ProviderState,
): Promise<ProviderView> => {
  if (!Object.hasOwn(settings().providers, id))
    throw new ApiProblem(404, 'NOT_FOUND', `There is no provider ${id}.`);
  const providerState = await updateProviderState(id, decide);
  logger.warn(`provider ${what}`, { provider: id, actor: by });
  await wake(id);
  return viewOf(id, providerState);
};
