import type { Mutation } from './mutation.ts';

/** What keeps the promises where several jobs want the same: slots, pace, order, budgets, and a provider that refuses all. */
export const multiMutations: readonly Mutation[] = [
  {
    name: 'a slot that is taken is not taken again',
    changes: [{ in: 'putSlot', from: "'attribute_not_exists(pk)'", to: 'undefined' }],
  },
  {
    name: 'without a slot nobody is let in',
    changes: [
      {
        in: 'freeSlot',
        from: '$FREE[Math.min($$$WHICH)]',
        to: "$FREE[Math.min($$$WHICH)] ?? 'one more'",
      },
    ],
  },
  {
    name: 'orders keep their distance',
    changes: [{ in: 'reserveSendSlot', from: '$INTERVAL > 0', to: '$INTERVAL > 1e9' }],
  },
  {
    name: 'an order that missed its time takes another',
    rival: '9 at slow',
    changes: [{ in: 'sendSlotOf', from: '$SECONDS < -LATE_SECONDS', to: '$SECONDS > 0' }],
  },
  {
    name: 'each owner has tags of its own',
    changes: [
      {
        in: 'takeTag',
        from: 'fairKey($PROVIDER, $PRIORITY, $OWNER)',
        to: "fairKey($PROVIDER, $PRIORITY, 'all')",
      },
    ],
  },
  {
    name: 'a job keeps its place',
    changes: [{ in: 'enqueueJob', from: '$STATE.queueKey ?? $NEW', to: '$NEW' }],
  },
  {
    name: 'an admission follows the one before',
    changes: [
      {
        in: 'providerStateWrite',
        from: "'attribute_not_exists(pk) OR revision = :seen'",
        to: "'attribute_not_exists(pk) OR revision = :seen OR attribute_exists(pk)'",
      },
    ],
  },
  {
    name: 'who comes does not pass those who wait',
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
    name: 'what was free is given back to the budget',
    changes: [
      { in: 'settleReservation', from: "$CHARGED === 'no' ? $GIVEN_BACK : $RESERVED", to: '$RESERVED' },
    ],
  },
  {
    name: 'what may have been charged stays in the budget',
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
    name: 'what is spent is written',
    changes: [{ in: 'billingWrites', from: 'spendMoves($$$STATES)', to: '[]' }],
  },
  {
    name: 'one probe at a time',
    changes: [{ in: 'admission', from: '$CONTROL.pause || $CONTROL.breaker?.probe', to: '$CONTROL.pause' }],
  },
  {
    name: 'a parked provider is tried less and less',
    changes: [{ in: 'pauseSeconds', from: '$FIRST * 2 ** ($REFUSALS - 1)', to: '$FIRST' }],
  },
  {
    name: 'only the probe is sent to a parked provider',
    changes: [{ in: 'gateOf', from: '$CONTROL.breaker && !$IS_PROBE', to: 'false' }],
  },
  {
    name: 'a stop is looked at before an order',
    changes: [{ in: 'gateOf', from: '$CONTROL.pause || $PARKED', to: '$PARKED' }],
  },
  {
    name: 'a pause is looked at before an order',
    changes: [{ in: 'gateOf', from: '$CONTROL.pausedUntil > $NOW', to: "$CONTROL.pausedUntil === ''" }],
  },
  {
    name: 'what is wrong with a provider fails no job',
    changes: [
      {
        in: 'afterRefusal',
        from: '$CODE === undefined || ($IS_FIRST && $BREAKS > $MOST)',
        to: "$CODE !== 'PROVIDER_FAILED' || $BREAKS > $MOST",
      },
    ],
  },
  {
    name: 'a slot that nobody holds is freed',
    changes: [
      {
        in: 'sweepQueue',
        from: 'await removeItem($SLOT, $$$SEEN);',
        to: "if ($SLOT.sk === '') await removeItem($SLOT, $$$SEEN);",
      },
    ],
  },
  {
    name: 'a word that was lost is given again',
    changes: [{ in: 'sweepQueue', from: '$SLOT.token !== undefined', to: "$SLOT.token === 'none'" }],
  },
  {
    name: 'nobody is let in with a token of before',
    rival: 'a wait times out',
    changes: [{ in: 'admitOne', from: "'#token = :token'", to: "'#token = :token OR attribute_exists(pk)'" }],
  },
  {
    name: 'who waits anew is not removed from the queue',
    rival: 'restarts the next',
    changes: [
      { in: 'admitHeads', from: "'#token = :token'", to: "'#token = :token OR attribute_exists(pk)'" },
    ],
  },
  {
    name: 'the sweeper lets in whom nobody told',
    changes: [{ in: 'sweepQueue', from: 'await dequeueJobs($PROVIDER);', to: '' }],
  },
  {
    name: 'a slot that was granted meanwhile gets the new token',
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
