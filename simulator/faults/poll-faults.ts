import type { FaultRow } from './fault.ts';

/** Faults in the answers to the first polls of a task. */
export const pollFaults: readonly FaultRow[] = [
  { name: 'poll-500', description: 'polls answer 500', stage: 'poll', answer: 'error' },
  { name: 'poll-404', description: 'polls answer that the task is unknown', stage: 'poll', answer: 'lost' },
  { name: 'poll-429', description: 'polls answer 429', stage: 'poll', answer: 'rate' },
  { name: 'poll-reset', description: 'polls are cut', stage: 'poll', answer: 'reset' },
  { name: 'poll-hang', description: 'polls are never answered', stage: 'poll', answer: 'hang' },
  { name: 'poll-html', description: 'polls answer 200 with a web page', stage: 'poll', answer: 'html' },
  {
    name: 'poll-drip',
    description: 'polls come in drips (10 s, or as given)',
    stage: 'poll',
    answer: 'drip',
    seconds: 10,
  },
  { name: 'poll-bomb', description: 'polls are gzip, and 1 GB when unpacked', stage: 'poll', answer: 'bomb' },
  {
    name: 'poll-redirect',
    description: 'polls are redirected to another origin (302), which records whether the key came along',
    stage: 'poll',
    answer: 'redirect',
  },
  {
    name: 'unknown-status',
    description: 'polls show a status word that no client knows',
    stage: 'poll',
    answer: 'mystery',
  },
  {
    name: 'flap-failed',
    description: 'polls show failed (once, or as given), then the task continues',
    stage: 'poll',
    answer: 'failed',
    times: 1,
  },
];
