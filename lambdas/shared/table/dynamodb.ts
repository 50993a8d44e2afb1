import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';

let client: DynamoDBDocumentClient | undefined;
export const table = (): DynamoDBDocumentClient => {
  client ??= DynamoDBDocumentClient.from(new DynamoDBClient({}), {
    marshallOptions: { removeUndefinedValues: true },
  });
  return client;
};

/** One item as it is now. */
export const loadItem = async (key: {
  readonly pk: string;
  readonly sk: string;
}): Promise<Record<string, unknown> | undefined> => {
  const { Item } = await table().send(
    new GetCommand({
      TableName: environment(Env.jobTable),
      ConsistentRead: true,
      Key: { pk: key.pk, sk: key.sk },
    }),
  );
  return Item;
};
