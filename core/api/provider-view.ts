import * as z from 'zod';
import { WaitingView } from '../queue/wait-reason.ts';

/** The body of `POST /providers/{id}/pause`. */
export const PauseProviderRequest = z
  .strictObject({ reason: z.string().min(1).max(300).optional() })
  .meta({ id: 'PauseProviderRequest' });
export type PauseProviderRequest = z.infer<typeof PauseProviderRequest>;

/** A provider of the stage: whether submits go out, how many videos are in flight, how many jobs wait. */
export const ProviderView = z
  .object({
    id: z.string(),
    maxInFlight: z.int().optional(),
    submitsPerMinute: z.int().optional(),
    inFlight: z.int().nonnegative(),
    waiting: z.int().nonnegative(),
    obstacle: WaitingView.optional().describe('Why nothing is submitted now.'),
  })
  .meta({ id: 'Provider' });
export type ProviderView = z.infer<typeof ProviderView>;
