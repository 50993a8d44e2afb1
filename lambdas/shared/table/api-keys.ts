import { PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ApiKey } from '../../../core/api/api-key.ts';
import { Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';
import { loadItem, table } from './dynamodb.ts';
import { API_KEYS_PARTITION, apiKeyKey } from './keys.ts';

// All keys are one partition. API Gateway caches each decision for a minute, so reads are few.

export const findApiKey = async (keyId: string): Promise<ApiKey | undefined> => {
  const item = await loadItem(apiKeyKey(keyId));
  return item && ApiKey.parse(item);
};

export const listApiKeys = async (): Promise<ApiKey[]> => {
  const { Items = [] } = await table().send(
    new QueryCommand({
      TableName: environment(Env.jobTable),
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': API_KEYS_PARTITION },
    }),
  );
  return Items.map((item) => ApiKey.parse(item));
};

export const saveApiKey = async (record: ApiKey): Promise<void> => {
  await table().send(
    new PutCommand({
      TableName: environment(Env.jobTable),
      Item: { ...apiKeyKey(record.keyId), ...record },
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
};

/** @throws ConditionalCheckFailedException when there is no such key */
export const revokeApiKey = async (keyId: string, now: string): Promise<void> => {
  await table().send(
    new UpdateCommand({
      TableName: environment(Env.jobTable),
      Key: apiKeyKey(keyId),
      UpdateExpression: 'SET revokedAt = if_not_exists(revokedAt, :now)',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':now': now },
    }),
  );
};
