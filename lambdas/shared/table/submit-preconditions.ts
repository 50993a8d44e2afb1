import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import type { Job } from '../../../core/jobs/job.ts';
import { countsOf, type Expectation, expectationOf } from '../../../core/jobs/latency.ts';
import { Env } from '../../../core/kernel/contract.ts';
import type { ProviderState } from '../../../core/queue/provider-state.ts';
import { environment } from '../platform/environment.ts';
import { table } from './dynamodb.ts';
import { providerStateKey } from './keys.ts';
import { latencyShard } from './latency-store.ts';
import { parseProviderState } from './provider-state.ts';

export interface SubmitPreconditions {
  /** Whether the provider takes submits at all. */
  readonly providerState: ProviderState;
  /** When a video like this one is expected; nothing while too few were made. */
  readonly expected: Expectation | undefined;
}

/** The last check before a submit, in one request: so a provider without limits can be paused too, for half a read more. */
export const loadSubmitPreconditions = async (job: Job): Promise<SubmitPreconditions> => {
  const TableName = environment(Env.jobTable);
  const stateKey = providerStateKey(job.state.provider ?? '');
  const latency = latencyShard(job);
  const { Responses, UnprocessedKeys } = await table().send(
    new BatchGetCommand({
      RequestItems: { [TableName]: { Keys: [stateKey, latency], ConsistentRead: true } },
    }),
  );
  // Throttled: the step is retried. Nothing is submitted without this check.
  if (UnprocessedKeys?.[TableName])
    throw new Error('The table throttled the read before the submit; the workflow retries.');
  const items = Responses?.[TableName] ?? [];
  return {
    providerState: parseProviderState(items.find(({ pk }) => pk === stateKey.pk)),
    expected: expectationOf(countsOf(items.find(({ pk }) => pk === latency.pk))),
  };
};
