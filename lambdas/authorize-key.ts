import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { type KeyBearer, readKey, refusalOf } from '../core/api/api-key.ts';
import { ownerOfKey } from '../core/kernel/identity.ts';
import { now } from './shared/platform/clock.ts';
import { logger } from './shared/platform/logger.ts';
import { findApiKey } from './shared/table/api-keys.ts';

type Decision =
  | { readonly isAuthorized: true; readonly context: KeyBearer }
  | { readonly isAuthorized: false };

/** Decides whether API Gateway lets the bearer of a key through. It caches the answer for a minute, and answers 500 when this fails. */
export const handler = async ({
  identitySource,
}: Pick<APIGatewayRequestAuthorizerEventV2, 'identitySource'>): Promise<Decision> => {
  const sent = readKey(identitySource[0] ?? '');
  if (!sent) return { isAuthorized: false };
  const { keyId } = sent;
  const record = await findApiKey(keyId);
  const refusal = refusalOf(sent, record, now());
  if (!record || refusal !== undefined) {
    logger.info('key refused', { keyId, refusal });
    return { isAuthorized: false };
  }
  return { isAuthorized: true, context: { owner: ownerOfKey(record.owner), keyId } };
};
