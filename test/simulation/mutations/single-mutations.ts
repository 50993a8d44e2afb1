import type { Guard } from './run.ts';

/** What keeps the promises. Without any one of them the proof must find violations, else it proves nothing of it. */
export const jobGuards: readonly Guard[] = [
  {
    name: 'the intent is written before the POST',
    changes: [
      {
        file: 'lambdas/submit-job.ts',
        from: 'const submitting = await saveAttempt(job, begun, attempt);',
        to: 'const submitting = job; setTimeout(() => saveAttempt(job, begun, attempt).catch(() => undefined), 700);',
      },
    ],
  },
  {
    name: 'an unanswered attempt is never sent again',
    changes: [
      {
        file: 'core/jobs/submit-ledger.ts',
        from: "return { do: 'record-unknown', reason: last.reason ?? 'SUBMIT_UNANSWERED' };",
        to: "return { do: 'post' };",
      },
    ],
  },
  {
    name: 'an attempt has a lease',
    changes: [
      { file: 'core/jobs/submit-ledger.ts', from: 'now < last.leaseUntil', to: 'now < last.startedAt' },
    ],
  },
  {
    name: 'an attempt is written only once',
    changes: [
      {
        file: 'lambdas/shared/table/job-store.ts',
        from: "ConditionExpression: 'revision = :revision AND run = :run',",
        to: "ConditionExpression: 'revision <= :revision OR NOT run = :run OR attribute_exists(pk)',",
      },
    ],
  },
  {
    name: 'a new item is not there before',
    changes: [
      {
        file: 'lambdas/shared/table/write.ts',
        from: "Item: item, ConditionExpression: 'attribute_not_exists(pk)'",
        to: 'Item: item',
      },
    ],
  },
  {
    name: 'a step of an older run ends',
    changes: [
      {
        file: 'lambdas/shared/jobs/step-handler.ts',
        from: 'job?.state.run !== run',
        to: 'job === undefined',
      },
    ],
  },
  {
    name: 'an answer is saved whatever the run',
    changes: [
      {
        file: 'lambdas/shared/table/job-store.ts',
        from: 'if (error instanceof JobNotFound || tries === OUTCOME_TRIES) throw error;',
        to: 'throw error;',
      },
    ],
  },
  {
    name: 'an unanswered POST is not taken for a refusal',
    changes: [
      {
        file: 'core/providers/http/request.ts',
        from: 'const isUnsent = error instanceof TransportError && !error.sent;',
        to: 'const isUnsent = error instanceof TransportError;',
      },
    ],
  },
  {
    name: 'a 5xx is not taken for a refusal',
    changes: [
      {
        file: 'core/providers/http/call-errors.ts',
        from: 'status >= 400 && status < 500 && status !== 408;',
        to: 'status >= 400;',
      },
    ],
  },
  {
    name: 'the last bytes wait until the video is verified',
    changes: [
      {
        file: 'lambdas/shared/storage/verified-video.ts',
        from: 'if (held) yield held;\n      held = chunk;',
        to: 'yield chunk;',
      },
    ],
  },
  {
    name: 'a video is inspected',
    changes: [
      {
        file: 'lambdas/shared/storage/verified-video.ts',
        from: 'const facts = inspector.finish();',
        to: "const facts = { bytes: this.declaredBytes ?? 1, durationSeconds: 8, width: 1, height: 1, brand: 'isom', hasAudio: false };",
      },
    ],
  },
  {
    name: 'the key goes to the own origins only',
    changes: [
      {
        file: 'lambdas/shared/providers/provider-client.ts',
        from: 'ownOriginsOf(settings).includes(origin) ? headers : undefined;',
        to: 'ownOriginsOf(settings).includes(origin) || origin ? headers : undefined;',
      },
    ],
  },
  {
    name: 'a name inside is not called',
    changes: [
      {
        file: 'lambdas/shared/http/connect.ts',
        from: 'addresses.every(({ address }) => isPublicAddress(address))',
        to: "addresses.every(({ address }) => isPublicAddress(address) || address !== '')",
      },
    ],
  },
  {
    name: 'an address inside is not called',
    changes: [
      {
        file: 'core/providers/address-policy.ts',
        from: "if (protocol !== 'https:') refuse('only https is called');\n  const host",
        to: 'const host',
      },
      {
        file: 'core/providers/address-policy.ts',
        from: "if (isIP(host) !== 0 && !isPublicAddress(host)) refuse('not a public address');",
        to: '',
      },
    ],
  },
  {
    name: 'what the provider says is cleaned of the key',
    changes: [
      {
        file: 'core/providers/http/redact.ts',
        from: 'known.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), dirty)',
        to: 'known.reduce((rest) => rest, dirty)',
      },
    ],
  },
  {
    name: 'a poll that went wrong fails no job',
    changes: [
      {
        file: 'core/jobs/status-decision.ts',
        from: 'return keepAsking(state, settings, now, error.retryAfterSeconds, state.doubt);',
        to: 'return end(state, timeUp(state), now);',
      },
    ],
  },
  {
    name: 'a failure is believed when it is said twice',
    changes: [
      {
        file: 'core/jobs/status-decision.ts',
        from: 'if (isSaidAgain || !settings.confirmFailure)',
        to: 'if (isSaidAgain || !settings.confirmFailure || verdict)',
      },
    ],
  },
  {
    name: 'a job that was paid for is not given up',
    changes: [
      {
        file: 'core/jobs/transitions.ts',
        from: "return needAttention(due, 'WORKFLOW_STOPPED', now) ?? change(due, now, {});",
        to: '',
      },
    ],
  },
  {
    name: 'what the bus refuses is published again',
    changes: [
      {
        file: 'lambdas/publish-job-events.ts',
        from: 'batchItemFailures: refused ?',
        to: 'batchItemFailures: refused && !refused ?',
      },
      {
        file: 'lambdas/shared/messaging/event-bus.ts',
        from: '(first < 0 ? batch : batch.slice(0, first))',
        to: '(first < 0 ? batch : batch)',
      },
    ],
  },
  {
    name: 'a job without an execution is started again',
    changes: [
      {
        file: 'core/jobs/repair.ts',
        from: "if (!isRepairable(state)) return { do: 'nothing' };",
        to: "return { do: 'nothing' };",
      },
    ],
  },
  {
    name: 'a repeated upload finds its job',
    changes: [
      {
        file: 'core/kernel/ids.ts',
        from: "digest(['drop', object.bucket,",
        to: "digest(['drop', String(Math.random()), object.bucket,",
      },
    ],
  },
  {
    name: 'an event is of the same transaction as its change',
    changes: [
      {
        file: 'lambdas/shared/table/job-store.ts',
        from: '    ...eventWrites(change, job.request),\n    ...together,',
        to: "    ...(change.event === 'Video Job Submitted' ? [] : eventWrites(change, job.request)),\n    ...together,",
      },
    ],
  },
];
