import * as z from 'zod';
import type { JobState } from '../jobs/job.ts';
import { circuitAdvice } from '../providers/provider-fault.ts';
import type { ProviderState } from './provider-state.ts';

/** Why a job waits. */
export const WaitingView = z
  .object({
    reason: z.enum(['IN_QUEUE', 'PAUSED_BY_PROVIDER', 'CIRCUIT_OPEN', 'PAUSED_BY_ADMIN']),
    message: z.string(),
    advice: z.string().exactOptional(),
    since: z.string().exactOptional(),
    until: z.string().exactOptional().describe('When the next submit may be tried.'),
  })
  .meta({ id: 'Waiting' });
export type WaitingView = z.infer<typeof WaitingView>;

/** Why nothing is submitted to a provider; nothing if submits go out. */
export const obstacle = (
  provider: string,
  { pause, breaker, pausedUntil }: ProviderState,
  now: string,
): WaitingView | undefined => {
  if (pause)
    return {
      reason: 'PAUSED_BY_ADMIN',
      message: `${pause.by} paused the submits of provider ${provider}${pause.reason ? `: ${pause.reason}` : '.'}`,
      advice: 'An admin of the stage can resume them.',
      since: pause.at,
    };
  if (breaker)
    return {
      reason: 'CIRCUIT_OPEN',
      message: `Provider ${provider} refuses every submit (${breaker.code}): ${breaker.message}`,
      advice: `${circuitAdvice(breaker.code, provider)} Submits go on by themselves.`,
      since: breaker.since,
      until: breaker.retryAt,
    };
  if (pausedUntil !== undefined && pausedUntil > now)
    return {
      reason: 'PAUSED_BY_PROVIDER',
      message: `Provider ${provider} asked for a pause.`,
      until: pausedUntil,
    };
  return undefined;
};

/** Why one job waits; nothing for a job that does not wait. */
export const waitingOf = (
  { status, provider = '', slot, sendAt }: JobState,
  providerState: ProviderState,
  now: string,
): WaitingView | undefined => {
  if (status !== 'queued') return undefined;
  const found = obstacle(provider, providerState, now);
  if (found) return found;
  return {
    reason: 'IN_QUEUE',
    message:
      slot === undefined
        ? `Other jobs are before it, or provider ${provider} makes as many videos as it may.`
        : 'It is submitted next.',
    ...(sendAt === undefined ? {} : { until: sendAt }),
  };
};
