import type { Mutation } from './mutation.ts';

/** The guards of a single job. Without any one of them the proof must find a violation. */
export const singleMutations: readonly Mutation[] = [
  {
    name: 'the intent is written before the POST',
    changes: [
      {
        in: 'submit',
        from: 'const $SUBMITTING = await saveAttempt($JOB, $$$INTENT);',
        to: 'const $SUBMITTING = $JOB; setTimeout(() => saveAttempt($JOB, $$$INTENT).catch(() => undefined), 700);',
      },
    ],
  },
  {
    name: 'an unanswered attempt is never sent again',
    changes: [
      { in: 'decideSubmit', from: "{ do: 'record-unknown', reason: $REASON }", to: "{ do: 'post' }" },
    ],
  },
  {
    name: 'an attempt has a lease',
    changes: [{ in: 'decideSubmit', from: '$NOW < $LAST.leaseUntil', to: '$NOW < $LAST.startedAt' }],
  },
  {
    name: 'an attempt is written only once',
    changes: [
      {
        in: 'writeJob',
        from: "'revision = :revision AND run = :run'",
        to: "'revision <= :revision OR NOT run = :run OR attribute_exists(pk)'",
      },
    ],
  },
  {
    name: 'a new item overwrites none',
    changes: [{ in: 'putNew', from: "'attribute_not_exists(pk)'", to: 'undefined' }],
  },
  {
    name: 'a step of an older run ends',
    changes: [{ in: 'stepHandler', from: '$JOB?.state.run !== $RUN', to: '$JOB === undefined' }],
  },
  {
    name: 'an answer is saved whatever the run',
    changes: [
      {
        in: 'saveOutcome',
        from: '!($ERROR instanceof JobNotFound)',
        to: 'false',
      },
    ],
  },
  {
    name: 'an unanswered POST is not taken for a refusal',
    changes: [
      {
        in: 'send',
        from: '$ERROR instanceof TransportError && !$ERROR.sent',
        to: '$ERROR instanceof TransportError',
      },
    ],
  },
  {
    name: 'a 5xx is not taken for a refusal',
    changes: [
      {
        in: 'isClientError',
        from: '$STATUS >= 400 && $STATUS < 500 && $STATUS !== 408',
        to: '$STATUS >= 400',
      },
    ],
  },
  {
    name: 'the last bytes wait until the video is verified',
    changes: [
      {
        in: 'VerifiedVideo',
        from: 'if ($HELD) yield $HELD; $HELD = $CHUNK;',
        to: 'yield $CHUNK;',
      },
    ],
  },
  {
    name: 'a video is inspected',
    changes: [
      {
        in: 'VerifiedVideo',
        from: '$INSPECTOR.finish()',
        to: "{ bytes: this.declaredBytes ?? 1, durationSeconds: 8, width: 1, height: 1, brand: 'isom', hasAudio: false }",
      },
    ],
  },
  {
    name: "the key goes to the provider's own origins only",
    changes: [
      {
        in: 'ownOriginsOnly',
        from: 'ownOriginsOf($SETTINGS).includes($ORIGIN)',
        to: 'ownOriginsOf($SETTINGS).includes($ORIGIN) || $ORIGIN',
      },
    ],
  },
  {
    name: 'an internal host name is not called',
    changes: [
      {
        in: 'publicOnly',
        from: 'isPublicAddress($ADDRESS)',
        to: "isPublicAddress($ADDRESS) || $ADDRESS !== ''",
      },
    ],
  },
  {
    name: 'an internal address is not called',
    changes: [
      { in: 'checkUrl', from: "if ($PROTOCOL !== 'https:') $REFUSE('only https is called');", to: '' },
      { in: 'checkUrl', from: "if ($IS_INSIDE) $REFUSE('not a public address');", to: '' },
    ],
  },
  {
    name: 'the key is redacted from provider messages',
    changes: [{ in: 'redact', from: '$TEXT.replaceAll($SECRET, HIDDEN)', to: '$TEXT' }],
  },
  {
    name: 'a failed poll fails no job',
    changes: [
      {
        in: 'decideOnError',
        from: 'keepAsking($STATE, $SETTINGS, $NOW, $$$MORE)',
        to: 'end($STATE, timeUp($STATE), $NOW)',
      },
    ],
  },
  {
    name: 'a failure is confirmed by a second poll',
    changes: [
      {
        in: 'confirmOnRepeat',
        from: '$IS_SAID_AGAIN || !$SETTINGS.confirmFailure',
        to: 'true',
      },
    ],
  },
  {
    name: 'a paid job is not given up',
    changes: [
      {
        in: 'giveUp',
        from: "return needAttention($DUE, 'WORKFLOW_STOPPED', $NOW) ?? change($DUE, $NOW, {});",
        to: '',
      },
    ],
  },
  {
    name: 'events that the bus refuses are published again',
    changes: [
      {
        in: 'handler',
        from: '$REFUSED ? [{ itemIdentifier: $REFUSED.sequenceNumber }] : []',
        to: '[]',
      },
      {
        in: 'publish',
        from: '$FIRST < 0 ? $BATCH : $BATCH.slice(0, $FIRST)',
        to: '$BATCH',
      },
    ],
  },
  {
    name: 'a job without an execution is started again',
    changes: [{ in: 'decideRepair', from: '!isRepairable($STATE)', to: 'true' }],
  },
  {
    name: 'a repeated upload finds its job',
    changes: [
      {
        in: 'dropJobId',
        from: "digest(['drop', $$$OBJECT])",
        to: "digest(['drop', String(Math.random()), $$$OBJECT])",
      },
    ],
  },
  {
    name: 'an event is in the transaction of its change',
    changes: [
      {
        in: 'writeJob',
        from: 'eventWrites($CHANGE, $REQUEST)',
        to: "$CHANGE.event === 'Video Job Submitted' ? [] : eventWrites($CHANGE, $REQUEST)",
      },
    ],
  },
];
