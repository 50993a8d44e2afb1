import type { FaultRow } from './fault.ts';

/** Faults in how an accepted task goes or ends. */
export const taskFaults: readonly FaultRow[] = [
  {
    name: 'failed',
    description: 'the task fails (text: the reason); refunded',
    stage: 'task',
    effect: 'failed',
  },
  {
    name: 'filtered',
    description: 'the video is withheld as unsafe; refunded',
    stage: 'task',
    effect: 'filtered',
  },
  {
    name: 'empty',
    description: 'completed without outputs on every poll; charged',
    stage: 'task',
    effect: 'empty',
  },
  {
    name: 'cancelled',
    description: 'the gateway cancels the task, as it does off-peak ones (seed 004); refunded',
    stage: 'task',
    effect: 'cancelled',
  },
  {
    name: 'late',
    description: 'the task takes longer (20 s, or as given)',
    stage: 'task',
    effect: 'late',
    seconds: 20,
  },
  {
    name: 'nsfw-note',
    description: 'marked unsafe, and delivered nevertheless',
    stage: 'task',
    effect: 'unsafe-flag',
  },
  {
    name: 'words',
    description: 'other status words, as words(queued=SUBMITTED, running=THROTTLED, succeeded=done)',
    stage: 'task',
    effect: 'status-words',
  },
  {
    name: 'wrong-length',
    description: 'the video has another length than requested (3 s, or as given)',
    stage: 'task',
    effect: 'duration',
    seconds: 3,
  },
  {
    name: 'wrong-aspect',
    description: 'the video is portrait instead of landscape, or the reverse',
    stage: 'task',
    effect: 'aspect-ratio',
  },
  {
    name: 'hostile-url',
    description: 'the URL of the video is that of cloud metadata (text: another), which must not be called',
    stage: 'task',
    effect: 'url',
  },
];
