import type { DialectName } from '../dialect-name.ts';
import type { RefusalKind } from '../http/refusal.ts';

/**
 * How the gateway can misbehave, as data. The stage says when a row applies:
 * - refuse: the submit is refused, free of charge; counted over submits.
 * - accepted: the task is accepted and charged, then the answer to the submit goes wrong; counted over submits.
 * - task: how the task goes or ends.
 * - poll: the first n answers about a task.
 * - file: the first n answers at the video's address.
 * - variant: a form of the answers that only some gateways of a dialect have; every answer, without a count.
 */
export type Fault =
  | { stage: 'refuse'; status: number; kind: RefusalKind; message: string; retryAfterSeconds?: number }
  | { stage: 'refuse'; answer: 'reset' | 'hang' | 'redirect' }
  | { stage: 'accepted'; answer: SubmitFault }
  | {
      stage: 'task';
      effect: Ending | 'late' | 'unsafe-flag' | 'status-words' | 'duration' | 'aspect-ratio' | 'url';
    }
  | { stage: 'poll'; answer: PollFault }
  | { stage: 'file'; answer: FileFault }
  | { stage: 'variant'; dialect: DialectName; variant: AnswerVariant };

export type SubmitFault = 'error' | 'reset' | 'hang' | 'garbage' | 'html' | 'slow' | 'drip' | 'completed';
export type Ending = 'failed' | 'filtered' | 'empty' | 'cancelled';
export type PollFault =
  | 'error'
  | 'lost'
  | 'rate'
  | 'reset'
  | 'hang'
  | 'html'
  | 'drip'
  | 'bomb'
  | 'redirect'
  | 'mystery'
  | 'failed';
export type FileFault =
  | 'html'
  | 'html-as-mp4'
  | 'truncated'
  | 'short'
  | 'empty'
  | 'no-length'
  | 'redirect'
  | 'canary'
  | 'missing'
  | 'expired'
  | 'key'
  | 'error'
  | 'bad-gateway'
  | 'reset'
  | 'hang'
  | 'slow'
  | 'drip'
  | 'bomb';
export type AnswerVariant =
  | 'generated-videos'
  | 'flat-samples'
  | 'sample-object'
  | 'encoded-video'
  | 'other-model'
  | 'partial'
  | 'shape-1'
  | 'shape-2'
  | 'shape-3'
  | 'shape-4'
  | 'content-url'
  | 'data-url'
  | 'url-text'
  | 'no-reason'
  | 'odd-id'
  | 'other-id';

export type FaultRow = Fault & {
  readonly name: string;
  readonly description: string;
  /** How often it happens when the request gives no number; always when left out. */
  readonly times?: number;
  /** The seconds of rows that take some, when the request gives none. */
  readonly seconds?: number;
};
