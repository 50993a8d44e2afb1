import { apiHandler } from './api/api-handler.ts';
import { redeliverWebhook, showWebhookKeys } from './api/webhooks.ts';

/** The routes about webhooks: apart from the others, which have nothing to do with the secret, and are called much more often. */
export const handler = apiHandler({ redeliverWebhook, showWebhookKeys });
