import type * as z from 'zod';
import { type WebhookSettings, webhookProblem } from '../core/webhooks/settings.ts';

/** Adds an issue where the fields of a stage's `webhooks` do not fit together. */
export const checkWebhooks = (
  webhooks: WebhookSettings,
  isLocal: boolean,
  context: z.RefinementCtx,
): void => {
  // Any caller who may request a job could make the functions call private addresses.
  if (webhooks.allowPrivateAddresses && !isLocal)
    context.addIssue({
      code: 'custom',
      path: ['webhooks', 'allowPrivateAddresses'],
      input: true,
      message: 'false: receivers may be private only on the local cloud',
    });
  const problem = webhookProblem(webhooks.url, webhooks);
  // The address may hold a secret, so it is not shown.
  if (problem)
    context.addIssue({
      code: 'custom',
      path: ['webhooks', 'url'],
      input: '…',
      message: problem.message.replace(/^webhookUrl: |\.$/g, ''),
    });
};
