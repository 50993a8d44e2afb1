import { jobView } from '../../core/api/job-view.ts';
import { webhookRoutes } from '../../core/api/webhook-routes.ts';
import type { Job } from '../../core/jobs/job.ts';
import type { JobEvent } from '../../core/jobs/job-event.ts';
import type { WebhookMessage } from '../../core/webhooks/delivery.ts';
import { writtenKey } from '../../core/webhooks/signature.ts';
import { enqueueWebhook } from '../shared/messaging/webhook-queue.ts';
import { logger } from '../shared/platform/logger.ts';
import { ApiProblem, jsonAnswer } from '../shared/platform/problem-response.ts';
import { settings } from '../shared/platform/settings.ts';
import { webhookKeys } from '../shared/platform/webhook-keys.ts';
import { loadTimeline } from '../shared/table/timeline.ts';
import { jobOf, webhookOf } from './jobs.ts';
import { operation } from './operation.ts';

export const redeliverWebhook = operation(
  webhookRoutes.redeliverWebhook,
  async ({ caller, params, body }) => {
    const job = await jobOf(params.id, caller);
    const timeline = await loadTimeline(job.state.jobId);
    const message = messageOf(eventToDeliver(job, timeline, body.eventId));
    await enqueueWebhook(message);
    logger.info('webhook redelivery requested', {
      jobId: job.state.jobId,
      eventId: message.detail.eventId,
      by: caller.owner,
    });
    return jsonAnswer(202, { ...jobView(job, timeline), ...(await webhookOf(job)) });
  },
);

const eventToDeliver = (
  { state, request }: Job,
  timeline: readonly JobEvent[],
  eventId: string | undefined,
): JobEvent => {
  const { url, events } = settings().webhooks;
  if (request.webhookUrl === undefined && url === undefined)
    throw new ApiProblem(409, 'NO_WEBHOOK', 'This job names no webhook, and neither does the stage.');
  if (eventId !== undefined) {
    const named = timeline.find((event) => event.eventId === eventId);
    if (named) return named;
    throw new ApiProblem(404, 'NOT_FOUND', `The job ${state.jobId} has no such event.`);
  }
  const last = timeline.findLast(({ type }) => events.includes(type));
  if (last) return last;
  throw new ApiProblem(409, 'NOTHING_TO_DELIVER', 'The job has no event yet that webhooks receive.');
};

/** The message as the rule of the bus sends it: without the keys of the table. */
const messageOf = (event: JobEvent): WebhookMessage => {
  const { pk: _, sk: __, due: ___, dueAt: ____, type, ...detail } = event;
  return { 'detail-type': type, detail, redelivery: true };
};

export const showWebhookKeys = operation(webhookRoutes.showWebhookKeys, async ({ caller, query }) => {
  const { owner = caller.owner } = query;
  if (owner !== caller.owner && !caller.isAdmin)
    throw new ApiProblem(403, 'FORBIDDEN', 'These are the keys of another owner.');
  const written = async (whose?: string) => (await webhookKeys(whose)).map(writtenKey);
  logger.info('webhook keys shown', { owner, to: caller.owner });
  return jsonAnswer(
    200,
    {
      owner,
      keys: await written(owner),
      ...(caller.isAdmin && settings().webhooks.url !== undefined ? { stageKeys: await written() } : {}),
    },
    { 'cache-control': 'no-store' },
  );
});
