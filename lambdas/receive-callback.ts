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
 * A provider says that something happened to a task. Anybody may call this, so only its signature counts, nothing of it is
 * believed, and whoever it is learns nothing: what is forged or old is 401, everything else 202, whether it helped or not.
 */
export const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
  .onError((request) => {
    if (request.error instanceof ApiProblem) return problemAnswer(request.error);
    logger.error('callback failed', { error: request.error ?? 'unknown' });
    return problemAnswer(new ApiProblem(500, 'INTERNAL', 'Something went wrong here; call back once more.'));
  })
  .handler(async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const provider = event.pathParameters?.provider ?? '';
    const isHeard =
      Object.hasOwn(settings().providers, provider) &&
      settings().providers[provider]?.callbacks !== undefined;
    if (!isHeard) throw new ApiProblem(404, 'NOT_FOUND', 'Nobody is heard here by this name.');
    const body = textOf(event);
    const message = verifiedMessage(event.headers, body, await callbackKeys(provider), Date.now() / 1000);
    if (!message) {
      logger.warn('a callback was not signed as it should be', { provider });
      throw new ApiProblem(401, 'NOT_SIGNED', 'It is not signed by this provider, or not just now.');
    }
    if (await claimMessageId(provider, message.id)) await followHint(provider, parsed(body));
    else logger.info('a callback came again', { provider });
    return jsonAnswer(202, {});
  });

const textOf = ({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): string => {
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.byteLength > MOST_BYTES)
    throw new ApiProblem(413, 'BODY_TOO_LARGE', `A callback may have ${MOST_BYTES} bytes.`);
  return bytes.toString();
};

/** Signed, and still no JSON: nothing to look for. */
const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};
