import type { Mutation } from './mutation.ts';

/** What keeps jobs while Lambda throttles. */
export const throttledMutations: readonly Mutation[] = [
  {
    name: 'throttling is retried for half an hour',
    changes: [
      {
        in: 'retryThrottling',
        from: "['Lambda.TooManyRequestsException']",
        to: "['Lambda.ServiceException']",
      },
    ],
  },
  {
    name: 'a job that was only accepted does not fail for our errors',
    changes: [{ in: 'giveUp', from: "$STATE.status === 'accepted'", to: 'false' }],
  },
];
