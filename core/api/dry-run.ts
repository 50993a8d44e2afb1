import * as z from 'zod';
import { FailureCode } from '../kernel/contract.ts';
import { scenes } from '../providers/scenes.ts';
import { WaitingView } from '../queue/wait-reason.ts';
import { JobParameters } from '../request/parameters.ts';

/** A reason why the job would be accepted and end without a video. */
const PredictedFailure = z
  .object({ code: FailureCode, message: z.string(), advice: z.string() })
  .meta({ id: 'PredictedFailure' });
export type PredictedFailure = z.infer<typeof PredictedFailure>;

/** The answer to a job request with `dryRun`. An invalid value is refused as in any job request. */
export const DryRun = z
  .object({
    dryRun: z.literal(true),
    scene: z.enum(scenes),
    parameters: JobParameters,
    priceMicros: z.number().optional().describe('List price, in micro-dollars; missing if there is none.'),
    problems: z
      .array(PredictedFailure)
      .describe('Why the job would end without a video if it were created now; empty if no reason is known.'),
    waiting: WaitingView.optional().describe('Why the job would wait if it were created now.'),
    budget: z
      .object({
        day: z.string().describe('In UTC.'),
        limitMicros: z.number(),
        leftMicros: z.number().describe('Before this job.'),
      })
      .optional()
      .describe('Only where the owner has a limit.'),
    notes: z.array(z.string()).describe('What was not looked at.'),
  })
  .meta({ id: 'DryRun' });
export type DryRun = z.infer<typeof DryRun>;
