import type { Guard } from './run.ts';

const ADMIT = 'lambdas/shared/queue/dequeue.ts';
const LINE = 'lambdas/shared/queue/enqueue.ts';
const SWEEP = 'lambdas/shared/queue/sweep-queue.ts';

/** What keeps the promises where several jobs want the same: slots, pace, order, budgets, and a provider that refuses all. */
export const crowdGuards: readonly Guard[] = [
  {
    name: 'a slot that is taken is not taken again',
    changes: [
      {
        file: 'lambdas/shared/table/queue-items.ts',
        from: "    ConditionExpression: 'attribute_not_exists(pk)',\n",
        to: '',
      },
    ],
  },
  {
    name: 'without a slot nobody is let in',
    changes: [
      {
        file: 'core/queue/admission.ts',
        from: 'return free[Math.min(Math.floor(chance * free.length), free.length - 1)];',
        to: "return free[Math.min(Math.floor(chance * free.length), free.length - 1)] ?? 'one more';",
      },
    ],
  },
  {
    name: 'orders keep their distance',
    changes: [
      { file: 'core/queue/rate-limit.ts', from: 'control: interval > 0 ?', to: 'control: interval > 1e9 ?' },
    ],
  },
  {
    name: 'an order that missed its time takes another',
    rival: '9 at slow',
    changes: [
      {
        file: 'core/queue/rate-limit.ts',
        from: "seconds < -LATE_SECONDS ? 'missed' : 'now'",
        to: "seconds > 0 ? 'missed' : 'now'",
      },
    ],
  },
  {
    name: 'each owner has tags of its own',
    changes: [
      {
        file: LINE,
        from: 'const key = fairKey(provider, priority, owner);',
        to: "const key = fairKey(provider, priority, 'all');",
      },
    ],
  },
  {
    name: 'a job keeps its place',
    changes: [{ file: LINE, from: 'state.place ?? (await', to: '(await' }],
  },
  {
    name: 'an admission follows the one before',
    changes: [
      {
        file: 'lambdas/shared/table/provider-state.ts',
        from: "'attribute_not_exists(pk) OR revision = :seen'",
        to: "'attribute_not_exists(pk) OR revision = :seen OR attribute_exists(pk)'",
      },
    ],
  },
  {
    name: 'who comes does not pass those who wait',
    changes: [
      {
        file: 'lambdas/shared/queue/admit-or-enqueue.ts',
        from: "if (heads.length > 0) return { next: 'queue' };",
        to: '',
      },
    ],
  },
  {
    name: 'a budget has a limit',
    changes: [
      {
        file: 'lambdas/shared/table/billing-writes.ts',
        from: "'attribute_not_exists(committedMicros) OR committedMicros <= :room'",
        to: "'attribute_not_exists(committedMicros) OR committedMicros <= :room OR committedMicros > :room'",
      },
    ],
  },
  {
    name: 'what was free is given back to the budget',
    changes: [
      {
        file: 'core/billing/budget.ts',
        from: "charged === 'no' ? givenBack(reserved) : reserved",
        to: 'reserved',
      },
    ],
  },
  {
    name: 'what may have been charged stays in the budget',
    changes: [
      {
        file: 'core/billing/budget.ts',
        from: "charged === 'no' ? givenBack(reserved) : reserved",
        to: "charged === 'no' || charged === 'unknown' ? givenBack(reserved) : reserved",
      },
    ],
  },
  {
    name: 'a budget moves with its jobs',
    changes: [
      {
        file: 'core/billing/budget.ts',
        from: 'filter(([, micros]) => micros !== 0)',
        to: 'filter(([, micros]) => micros > 0)',
      },
    ],
  },
  {
    name: 'what is spent is written',
    changes: [
      {
        file: 'lambdas/shared/table/billing-writes.ts',
        from: '  ...spendMoves(before, after).map((move) => spendWrite(after.owner, move)),\n',
        to: '',
      },
    ],
  },
  {
    name: 'one probe at a time',
    changes: [
      {
        file: 'core/queue/admission.ts',
        from: 'if (control.hold || control.breaker?.probe) return undefined;',
        to: 'if (control.hold) return undefined;',
      },
    ],
  },
  {
    name: 'a parked provider is tried less and less',
    changes: [
      {
        file: 'core/queue/circuit-breaker.ts',
        from: 'FIRST_PAUSE_SECONDS * 2 ** (refusals - 1)',
        to: 'FIRST_PAUSE_SECONDS',
      },
    ],
  },
  {
    name: 'only the probe is sent to a parked provider',
    changes: [
      {
        file: 'core/queue/admission.ts',
        from: '(control.breaker && !isProbe)',
        to: "(control.breaker && !isProbe && now === '')",
      },
    ],
  },
  {
    name: 'a stop is looked at before an order',
    changes: [
      {
        file: 'core/queue/admission.ts',
        from: 'if (control.hold || (control.breaker && !isProbe))',
        to: 'if (control.breaker && !isProbe)',
      },
    ],
  },
  {
    name: 'a pause is looked at before an order',
    changes: [
      {
        file: 'core/queue/admission.ts',
        from: '    control.pausedUntil > now &&\n',
        to: "    control.pausedUntil === '' &&\n",
      },
    ],
  },
  {
    name: 'what is wrong with a provider fails no job',
    changes: [
      {
        file: 'core/jobs/submit-refusal.ts',
        from: 'if (code === undefined || (isFirst && breaks > MOST_BREAKS))',
        to: "if (code !== 'PROVIDER_FAILED' || breaks > MOST_BREAKS)",
      },
    ],
  },
  {
    name: 'a slot that nobody holds is freed',
    changes: [
      {
        file: SWEEP,
        from: 'await removeItem(slot, {},',
        to: "if (slot.sk === '') await removeItem(slot, {},",
      },
    ],
  },
  {
    name: 'a word that was lost is given again',
    changes: [
      {
        file: SWEEP,
        from: 'job.state.run === slot.run && slot.token !== undefined',
        to: "job.state.run === slot.run && slot.token === 'none'",
      },
    ],
  },
  {
    name: 'nobody is let in with a token of before',
    rival: 'a wait times out',
    changes: [
      {
        file: ADMIT,
        from: "        ConditionExpression: '#token = :token',\n",
        to: "        ConditionExpression: '#token = :token OR attribute_exists(pk)',\n",
      },
    ],
  },
  {
    name: 'who waits anew is not removed from the queue',
    rival: 'restarts the next',
    changes: [
      {
        file: ADMIT,
        from: "'#token = :token', { ':token': head.token }",
        to: "'#token = :token OR attribute_exists(pk)', { ':token': head.token }",
      },
    ],
  },
  {
    name: 'the sweeper lets in whom nobody told',
    changes: [{ file: SWEEP, from: '  await dequeueJobs(provider);\n};', to: '};' }],
  },
  {
    name: 'a slot that was granted meanwhile gets the new token',
    rival: 'a granted wait times out',
    changes: [
      {
        file: LINE,
        from: "'SET #token = :token, run = :run'",
        to: "'SET #token = if_not_exists(#token, :token), run = :run'",
      },
    ],
  },
];
