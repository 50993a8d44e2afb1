import * as z from 'zod';
import { JobView } from './job-view.ts';
import { IdParams, plainRoute, type Route } from './route.ts';

/** The body of `POST /jobs/{id}/webhook-redeliver`. */
export const RedeliverWebhookRequest = z
  .strictObject({
    eventId: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe('An event of the timeline; by default the last one that webhooks receive.'),
  })
  .meta({ id: 'RedeliverWebhookRequest' });

const WebhookKey = z
  .string()
  .describe('`whsec_…`, as the libraries of Standard Webhooks take it. Keep it where keys are kept.');

/** What a receiver checks signatures with. */
export const WebhookKeys = z
  .object({
    owner: z.string(),
    keys: z
      .array(WebhookKey)
      .describe('The present one first, then the one before it: each delivery is signed with both.'),
    stageKeys: z
      .array(WebhookKey)
      .optional()
      .describe('Of the webhook that the stage’s settings name; for its admins.'),
  })
  .meta({ id: 'WebhookKeys' });

export const webhookRoutes = {
  redeliverWebhook: {
    ...plainRoute,
    method: 'POST',
    path: '/jobs/{id}/webhook-redeliver',
    tag: 'Webhooks',
    summary: 'Deliver an event to the job’s webhook again',
    description: 'The delivery has the same `webhook-id` as before, whether that one arrived or not.',
    params: IdParams,
    body: RedeliverWebhookRequest,
    isBodyOptional: true,
    answers: { 202: { description: 'The job; the delivery is under way.', body: JobView } },
    problems: [404, 409],
  },
  showWebhookKeys: {
    ...plainRoute,
    method: 'GET',
    path: '/webhooks/secret',
    tag: 'Webhooks',
    summary: 'The keys that your receivers check signatures with',
    description:
      'Every delivery is signed as Standard Webhooks says (`webhook-id`, `webhook-timestamp`, `webhook-signature`). The keys are the caller’s own; an admin may ask for those of another owner.',
    query: z.strictObject({ owner: z.string().min(1).max(600).optional() }),
    answers: { 200: { description: 'The keys.', body: WebhookKeys } },
  },
} as const satisfies Record<string, Route>;
