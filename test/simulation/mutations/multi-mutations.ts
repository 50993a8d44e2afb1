import type { Mutation } from './mutation.ts';

/** The guards of concurrent jobs: slots, rate limit, queue order, budgets, circuit breaker. */
export const multiMutations: readonly Mutation[] = [
  {
    name: 'a slot that is taken is not taken again',
    changes: [{ in: 'putSlot', from: "'attribute_not_exists(pk)'", to: 'undefined' }],
  },
  {
    name: 'without a slot no job is admitted',
    changes: [
      { in: 'freeSlot', from: '$TAKEN.size >= $MOST', to: '$TAKEN.size > $MOST' },
      { in: 'freeSlot', from: '$FREE[Math.min($$$WHICH)]', to: "$FREE[Math.min($$$WHICH)] ?? 'one more'" },
    ],
  },
  {
    name: 'submits keep the rate limit',
    changes: [{ in: 'reserveSendSlot', from: '$INTERVAL > 0', to: '$INTERVAL > 1e9' }],
  },
  {
    name: 'a submit that missed its send slot takes another',
    rival: '9 at slow',
    changes: [{ in: 'sendSlotOf', from: '$SECONDS < -LATE_SECONDS', to: '$SECONDS > 0' }],
  },
  {
    name: 'each owner has start tags of its own',
    changes: [
      {
        in: 'takeTag',
        from: 'fairKey($PROVIDER, $PRIORITY, $OWNER)',
        to: "fairKey($PROVIDER, $PRIORITY, 'all')",
      },
    ],
  },
  {
    name: 'a job keeps its queue key',
    changes: [{ in: 'enqueueJob', from: '$STATE.queueKey ?? $NEW', to: '$NEW' }],
  },
  {
    name: 'an admission builds on the one before',
    changes: [
      {
        in: 'providerStateWrite',
        from: "'attribute_not_exists(pk) OR revision = :seen'",
        to: "'attribute_not_exists(pk) OR revision = :seen OR attribute_exists(pk)'",
      },
    ],
  },
  {
    name: 'a new job does not pass the waiting jobs',
    changes: [{ in: 'tryToAdmit', from: "if ($HEADS.length > 0) return { next: 'queue' };", to: '' }],
  },
  {
    name: 'a budget has a limit',
    changes: [
      {
        in: 'budgetWrite',
        from: "'attribute_not_exists(committedMicros) OR committedMicros <= :room'",
        to: "'attribute_not_exists(committedMicros) OR committedMicros <= :room OR committedMicros > :room'",
      },
    ],
  },
  {
    name: 'a free ending is refunded to the budget',
    changes: [
      { in: 'settleReservation', from: "$CHARGED === 'no' ? $GIVEN_BACK : $RESERVED", to: '$RESERVED' },
    ],
  },
  {
    name: 'a possible charge stays in the budget',
    changes: [
      {
        in: 'settleReservation',
        from: "$CHARGED === 'no'",
        to: "$CHARGED === 'no' || $CHARGED === 'unknown'",
      },
    ],
  },
  {
    name: 'a budget moves with its jobs',
    changes: [{ in: 'budgetMoves', from: '$MICROS !== 0', to: '$MICROS > 0' }],
  },
  {
    name: 'spend is recorded',
    changes: [{ in: 'billingWrites', from: 'spendMoves($$$STATES)', to: '[]' }],
  },
  {
    name: 'one probe at a time',
    changes: [{ in: 'admission', from: '$CONTROL.pause || $CONTROL.breaker?.probe', to: '$CONTROL.pause' }],
  },
  {
    name: 'an open circuit is probed at growing intervals',
    changes: [{ in: 'pauseSeconds', from: '$FIRST * 2 ** ($REFUSALS - 1)', to: '$FIRST' }],
  },
  {
    name: 'only the probe passes an open circuit',
    changes: [{ in: 'gateOf', from: '$CONTROL.breaker && !$IS_PROBE', to: 'false' }],
  },
  {
    name: 'a paused provider gets no submit',
    changes: [{ in: 'gateOf', from: '$CONTROL.pause || $PARKED', to: '$PARKED' }],
  },
  {
    name: 'a submit waits for the end of a Retry-After',
    changes: [{ in: 'gateOf', from: '$CONTROL.pausedUntil > $NOW', to: "$CONTROL.pausedUntil === ''" }],
  },
  {
    name: 'a fault of the provider fails no job',
    changes: [
      {
        in: 'afterRefusal',
        from: '$CODE === undefined || ($IS_FIRST && $BREAKS > $MOST)',
        to: "$CODE !== 'PROVIDER_FAILED' || $BREAKS > $MOST",
      },
    ],
  },
  {
    name: 'a leaked slot is freed',
    changes: [
      {
        in: 'sweepQueue',
        from: 'await removeItem($SLOT, $$$SEEN);',
        to: "if ($SLOT.sk === '') await removeItem($SLOT, $$$SEEN);",
      },
    ],
  },
  {
    name: 'a lost task token output is sent again',
    changes: [{ in: 'sweepQueue', from: '$SLOT.token !== undefined', to: "$SLOT.token === 'none'" }],
  },
  {
    name: 'no job is admitted with an old token',
    rival: 'a wait times out',
    changes: [{ in: 'admitOne', from: "'#token = :token'", to: "'#token = :token OR attribute_exists(pk)'" }],
  },
  {
    name: 'a job with a new wait stays in the queue',
    rival: 'restarts the next',
    changes: [
      { in: 'admitHeads', from: "'#token = :token'", to: "'#token = :token OR attribute_exists(pk)'" },
    ],
  },
  {
    name: 'the sweeper admits jobs whose notification was lost',
    changes: [{ in: 'sweepQueue', from: 'await dequeueJobs($PROVIDER);', to: '' }],
  },
  {
    name: 'a slot granted meanwhile gets the new token',
    rival: 'a granted wait times out',
    changes: [
      {
        in: 'enqueueJob',
        from: "'SET #token = :token, run = :run'",
        to: "'SET #token = if_not_exists(#token, :token), run = :run'",
      },
    ],
  },
];
