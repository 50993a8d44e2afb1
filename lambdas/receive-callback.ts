import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { verifiedMessage } from '../core/webhooks/signature.ts';
import { claimMessageId, followHint } from './shared/jobs/provider-callback.ts';
import { callbackKeys } from './shared/platform/callback-keys.ts';
import { logger } from './shared/platform/logger.ts';
import { ApiProblem, jsonAnswer, problemAnswer } from './shared/platform/problem-response.ts';
import { settings } from './shared/platform/settings.ts';

const MOST_BYTES = 64 * 1024;

/**
 * A provider calls back about a task. Anybody may call this, so only the signature counts, the content is no more than a hint,
 * and the answer reveals nothing: 401 for a forged or old message, 202 for every other.
 */
export const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
  .onError((request) => {
    if (request.error instanceof ApiProblem) return problemAnswer(request.error);
    logger.error('callback failed', { error: request.error ?? 'unknown' });
    return problemAnswer(
      new ApiProblem(500, 'INTERNAL', 'Startframe failed to take the callback. Send it again.'),
    );
  })
  .handler(async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const provider = event.pathParameters?.provider ?? '';
    const hasCallbacks =
      Object.hasOwn(settings().providers, provider) &&
      settings().providers[provider]?.callbacks !== undefined;
    if (!hasCallbacks)
      throw new ApiProblem(404, 'NOT_FOUND', 'No provider of this name sends callbacks here.');
    const body = textOf(event);
    const message = verifiedMessage(event.headers, body, await callbackKeys(provider), Date.now() / 1000);
    if (!message) {
      logger.warn('a callback has no valid signature', { provider });
      throw new ApiProblem(401, 'NOT_SIGNED', "The signature is not this provider's, or it is too old.");
    }
    if (await claimMessageId(provider, message.id)) await followHint(provider, parsed(body));
    else logger.info('a callback was repeated', { provider });
    return jsonAnswer(202, {});
  });

const textOf = ({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): string => {
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.byteLength > MOST_BYTES)
    throw new ApiProblem(
      413,
      'BODY_TOO_LARGE',
      `The callback is too large: it may have at most ${MOST_BYTES} bytes.`,
    );
  return bytes.toString();
};

/** A signed body that is no JSON names no task. */
const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};
