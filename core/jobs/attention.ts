import { FailureCode } from '../kernel/contract.ts';
import { circuitAdvice } from '../providers/provider-fault.ts';
import type { JobState } from './job.ts';

/** What a person can do about a job that needs one. */
export interface Advice {
  readonly whatToDo: string;
  /** Heading in docs/runbook.md, as in its link. */
  readonly runbook: string;
}

type AttentionItem = Pick<JobState, 'status' | 'attention' | 'failure' | 'provider'>;

const SUBMIT_UNKNOWN: Advice = {
  whatToDo:
    'Check the provider for a task of that minute. Then redrive the job: with "taskId" if the task is there, with "confirmResubmit": true to submit and pay once more, or with "giveUp": true.',
  runbook: 'submit-unknown',
};

const DOWNLOADS_FAILING: Advice = {
  whatToDo:
    'The video is paid for. Startframe fetches it again until the provider deletes it. Find out why the download fails, or fetch the video from the provider by hand.',
  runbook: 'downloads-failing',
};

/** By `attention.reason`, of jobs that are still open. */
const ofReason: Readonly<Record<string, Advice>> = {
  OVERDUE: {
    whatToDo:
      'Do nothing: the job is polled until the provider deletes the video. Check the provider’s status page.',
    runbook: 'overdue',
  },
  SECOND_TASK: {
    whatToDo:
      'The provider accepted two submits, and both may cost. The job goes on with the first; fetch the video of the second from the provider.',
    runbook: 'submit-unknown',
  },
  WORKFLOW_STOPPED: {
    whatToDo: 'The workflow starts again by itself. To start it at once, mend the cause and redrive the job.',
    runbook: 'workflow-stopped',
  },
  DOWNLOAD_FAILED: DOWNLOADS_FAILING,
  DOWNLOAD_INVALID: DOWNLOADS_FAILING,
};

/** What to do about a job that needs attention; nothing for one that needs none. */
export const adviceOn = ({
  status,
  attention,
  failure,
  provider = '',
}: AttentionItem): Advice | undefined => {
  if (!attention) return undefined;
  if (status === 'submit-unknown') return SUBMIT_UNKNOWN;
  if (failure) return { whatToDo: failure.advice, runbook: 'redrive' };
  const known = Object.hasOwn(ofReason, attention.reason) ? ofReason[attention.reason] : undefined;
  if (known) return known;
  const code = FailureCode.safeParse(attention.reason).data;
  // This job opened the circuit of its provider, and waits.
  if (code)
    return {
      whatToDo: `${circuitAdvice(code, provider)} Its jobs go on by themselves.`,
      runbook: 'circuit-open',
    };
  return { whatToDo: 'Read the job and its timeline.', runbook: 'inspecting-a-job' };
};
