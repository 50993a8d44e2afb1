import * as z from 'zod';
import { FailureCode } from '../kernel/contract.ts';
import { scenes } from '../providers/scenes.ts';
import { WaitingView } from '../queue/wait-reason.ts';
import { JobParameters } from '../request/parameters.ts';

/** Something that lets the order be taken, and the job end without a video. */
const PredictedFailure = z
  .object({ code: FailureCode, message: z.string(), advice: z.string() })
  .meta({ id: 'PredictedFailure' });
export type PredictedFailure = z.infer<typeof PredictedFailure>;

/** What an order with `dryRun` is answered. A value that would be refused is refused here as there. */
export const DryRun = z
  .object({
    dryRun: z.literal(true),
    scene: z.enum(scenes),
    parameters: JobParameters,
    priceMicros: z
      .number()
      .optional()
      .describe('List price, in micro-dollars; left out where nobody lists one.'),
    problems: z
      .array(PredictedFailure)
      .describe('Why the job would end without a video if it were ordered now; empty if nothing is known.'),
    waiting: WaitingView.optional().describe('Why the job would wait if it were ordered now.'),
    budget: z
      .object({
        day: z.string().describe('In UTC.'),
        limitMicros: z.number(),
        leftMicros: z.number().describe('Before this order.'),
      })
      .optional()
      .describe('Only where the owner has a limit.'),
    notes: z.array(z.string()).describe('What was not looked at.'),
  })
  .meta({ id: 'DryRun' });
export type DryRun = z.infer<typeof DryRun>;
