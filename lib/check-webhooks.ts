import type * as z from 'zod';
import { type WebhookSettings, webhookProblem } from '../core/webhooks/settings.ts';

/** What a stage's `webhooks` may not say, though every single field is right. */
export const checkWebhooks = (
  webhooks: WebhookSettings,
  isLocal: boolean,
  context: z.RefinementCtx,
): void => {
  // Whoever may order would have the functions call whatever they reach.
  if (webhooks.allowPrivateAddresses && !isLocal)
    context.addIssue({
      code: 'custom',
      path: ['webhooks', 'allowPrivateAddresses'],
      input: true,
      message: 'false: receivers may be private only on the local cloud',
    });
  const problem = webhookProblem(webhooks.url, webhooks);
  // The address itself is not shown.
  if (problem)
    context.addIssue({
      code: 'custom',
      path: ['webhooks', 'url'],
      input: '…',
      message: problem.message.replace(/^webhookUrl: |\.$/g, ''),
    });
};
