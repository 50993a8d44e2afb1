import { QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { Env } from '../../../core/kernel/contract.ts';
import { environment } from '../platform/environment.ts';
import { table } from './dynamodb.ts';

/** A query of the job table, page by page. A page is requested when the reader gets to it. */
export async function* pagesOf(
  query: Omit<QueryCommandInput, 'TableName' | 'ExclusiveStartKey'>,
): AsyncGenerator<Record<string, unknown>[]> {
  let from: Record<string, unknown> | undefined;
  do {
    const page = await table().send(
      new QueryCommand({
        TableName: environment(Env.jobTable),
        ...query,
        ...(from ? { ExclusiveStartKey: from } : {}),
      }),
    );
    yield page.Items ?? [];
    from = page.LastEvaluatedKey;
  } while (from);
}
