import * as z from 'zod';
import { ApiSettings } from './api/settings.ts';
import { BatchSettings } from './batches/settings.ts';
import { Budgets } from './billing/settings.ts';
import { checkHistory } from './jobs/history-events.ts';
import { PollSettings } from './jobs/settings.ts';
import { AdminName, OwnerName } from './kernel/identity.ts';
import { checkDialectOptions, ProviderConnection } from './providers/settings.ts';
import { Failover, QueueLimits } from './queue/settings.ts';
import { FrameSettings, JobDefaults } from './request/settings.ts';
import { WebhookSettings } from './webhooks/settings.ts';

// The settings of a stage, composed of what each room says of its own. No room imports this file.

/** A provider of a stage. */
export const ProviderSettings = z
  .strictObject({ ...ProviderConnection.shape, ...QueueLimits.shape, ...PollSettings.shape })
  .superRefine(checkDialectOptions)
  .superRefine(checkHistory);
export type ProviderSettings = z.infer<typeof ProviderSettings>;

/** The part of a stage's settings that the functions read at run time. */
export const RuntimeSettings = z.strictObject({
  stage: z.string().regex(/^[a-z][a-z0-9-]*$/),
  /** Owner of dropped frames. */
  dropOwner: OwnerName.default('drop'),
  /** Who may see, cancel and redrive every job, dropped ones too: owners by their names, `111122223333:role/OnCall`, `jwt:ann`, `key:ops`. */
  admins: z.array(AdminName).default([]),
  /** Who may call the HTTP API, from where, and how often. */
  api: ApiSettings.prefault({}),
  ...FrameSettings.shape,
  defaults: JobDefaults,
  budgets: Budgets.optional(),
  failover: Failover.optional(),
  webhooks: WebhookSettings.prefault({}),
  batches: BatchSettings.prefault({}),
  providers: z
    .record(z.string().regex(/^[a-z][a-z0-9-]*$/), ProviderSettings)
    .refine((providers) => Object.keys(providers).length > 0, 'at least one provider'),
});
export type RuntimeSettings = z.infer<typeof RuntimeSettings>;
