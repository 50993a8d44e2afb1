import type { Construct } from 'constructs';
import { Env } from '../core/kernel/contract.ts';
import type { FrameInbox } from './frame-inbox.ts';
import type { JobStore } from './job-store.ts';
import type { FunctionDefaults } from './pipeline-function.ts';
import type { ProviderSecrets } from './provider-secrets.ts';
import type { VideoLibrary } from './video-library.ts';
import { WorkflowStep } from './workflow-step.ts';
import { WorkflowWait } from './workflow-wait.ts';

/** The states of the workflow that call a function. */
export interface WorkflowSteps {
  readonly prepareJob: WorkflowStep;
  readonly awaitSlot: WorkflowWait;
  readonly submitJob: WorkflowStep;
  readonly checkJob: WorkflowStep;
  readonly storeVideo: WorkflowStep;
  readonly finishJob: WorkflowStep;
}

/** What the functions of the steps read and write. */
export interface StepResources {
  readonly jobs: JobStore;
  readonly inbox: FrameInbox;
  readonly secrets: ProviderSecrets;
  readonly videos: VideoLibrary;
}

/** AwaitSlot waits for a day; a job that waits longer enters it again and keeps its place. */
const SLOT_WAIT_SECONDS = 86_400;

export const makeSteps = (scope: Construct, functions: FunctionDefaults): WorkflowSteps => {
  const step = (id: string, name: string, memoryMb: number, timeoutSeconds: number) =>
    new WorkflowStep(scope, id, { functions, name, memoryMb, timeoutSeconds });
  return {
    // A frame of 15 MB travels as base64 inside the submit, and an answer can hold a video of 25 MB: 285 and 228 MB were
    // measured. A function that runs out of memory loses what was paid for; 512 MB cost 1.5 µ$ more per call.
    prepareJob: step('PrepareJob', 'prepare-job', 512, 60),
    awaitSlot: new WorkflowWait(scope, 'AwaitSlot', {
      functions,
      name: 'await-slot',
      memoryMb: 256,
      timeoutSeconds: 30,
      waitSeconds: SLOT_WAIT_SECONDS,
    }),
    submitJob: step('SubmitJob', 'submit-job', 512, 90),
    checkJob: step('CheckJob', 'check-job', 512, 60),
    storeVideo: step('StoreVideo', 'store-video', 512, 900),
    finishJob: step('FinishJob', 'finish-job', 128, 30),
  };
};

/** Gives each step what its work needs, and nothing more. */
export const grantSteps = (steps: WorkflowSteps, { jobs, inbox, secrets, videos }: StepResources): void => {
  const { prepareJob, awaitSlot, submitJob, checkJob, storeVideo, finishJob } = steps;
  for (const { fn } of [prepareJob, submitJob, checkJob, storeVideo, finishJob]) jobs.grantAdmission(fn);
  jobs.grantReadWrite(awaitSlot.fn);
  jobs.grantReadTogether(submitJob.fn);
  for (const { fn } of [submitJob, checkJob, storeVideo]) secrets.grantReadAs(fn, Env.providerSecrets);
  for (const { fn } of [prepareJob, submitJob]) {
    inbox.grantReadInbox(fn);
    inbox.grantReadFrames(fn);
  }
  inbox.grantStoreFetched(prepareJob.fn);
  inbox.grantSignAddresses(submitJob.fn);
  videos.grantStore(storeVideo.fn);
};
