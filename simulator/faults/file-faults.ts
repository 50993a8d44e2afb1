import type { FaultRow } from './fault.ts';

/** Faults in the first downloads of a task's video. */
export const fileFaults: readonly FaultRow[] = [
  {
    name: 'html-video',
    description: 'the file is a web page, declared as one',
    stage: 'file',
    answer: 'html',
  },
  {
    name: 'html-as-mp4',
    description: 'the file is a web page declared video/mp4',
    stage: 'file',
    answer: 'html-as-mp4',
  },
  {
    name: 'truncated-video',
    description: 'the whole length is declared, the connection closes after a part',
    stage: 'file',
    answer: 'truncated',
  },
  {
    name: 'short-video',
    description: 'a cut file with the length of the cut',
    stage: 'file',
    answer: 'short',
  },
  { name: 'empty-video', description: 'a file of 0 bytes', stage: 'file', answer: 'empty' },
  {
    name: 'no-length',
    description: 'the whole file without Content-Length',
    stage: 'file',
    answer: 'no-length',
  },
  {
    name: 'redirect-origin',
    description: 'the file is at another origin (302)',
    stage: 'file',
    answer: 'redirect',
  },
  {
    name: 'redirect-canary',
    description:
      'the file is at a private address (text: another) that must be refused; the ledger records every call of it',
    stage: 'file',
    answer: 'canary',
  },
  { name: 'file-404', description: 'the file is not found', stage: 'file', answer: 'missing' },
  {
    name: 'expired-url',
    description: 'the address of the file has expired: 403',
    stage: 'file',
    answer: 'expired',
  },
  { name: 'key-needed', description: 'the file needs the key: 401 without it', stage: 'file', answer: 'key' },
  { name: 'file-500', description: 'the file answers 500', stage: 'file', answer: 'error' },
  {
    name: 'success-lies',
    description: 'succeeded, but there is no video: its address answers 502',
    stage: 'file',
    answer: 'bad-gateway',
  },
  { name: 'file-reset', description: 'the file is cut before a byte', stage: 'file', answer: 'reset' },
  { name: 'file-hang', description: 'the file is never answered', stage: 'file', answer: 'hang' },
  {
    name: 'drip-file',
    description: 'the file comes in drips (30 s, or as given)',
    stage: 'file',
    answer: 'drip',
    seconds: 30,
  },
  {
    name: 'gzip-bomb',
    description: 'the file is gzip, and 1 GB when unpacked',
    stage: 'file',
    answer: 'bomb',
  },
  {
    name: 'slow-file',
    description: 'half of the file, a pause (3 s, or as given), the rest',
    stage: 'file',
    answer: 'slow',
    seconds: 3,
  },
];
