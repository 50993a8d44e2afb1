import type { JobRequest, JobState } from '../../core/jobs/job.ts';
import { acceptJob, beginAttempt, recordTask, startStoring } from '../../core/jobs/transitions.ts';
import type { JobParameters } from '../../core/request/parameters.ts';
import { ProviderSettings, RuntimeSettings } from '../../core/settings.ts';

export const T0 = '2026-01-01T00:00:00.000Z';
export const at = (seconds: number): string => new Date(Date.parse(T0) + seconds * 1000).toISOString();

export const providerSettings = (settings: Partial<ProviderSettings> = {}): ProviderSettings =>
  ProviderSettings.parse({
    dialect: 'gptproto',
    submitBaseUrl: 'https://gateway.example',
    models: ['veo3.1-fast', 'veo3'],
    ...settings,
  });

export const runtimeSettings = (changes: Partial<RuntimeSettings> = {}): RuntimeSettings =>
  RuntimeSettings.parse({
    stage: 'test',
    // What is in the inbox any caller of the tests may name.
    sharedFrames: true,
    defaults: { prompt: 'Bring this picture to life.', model: 'veo3.1-fast' },
    providers: { simulated: providerSettings() },
    ...changes,
  });

export const acceptedState = (changes: Partial<JobState> = {}): JobState => ({
  ...acceptJob(
    {
      jobId: 'job1',
      owner: 'drop',
      actor: 's3',
      source: { bucket: 'inbox', key: 'shoe.png', versionId: 'v1' },
      outputKey: 'videos/shoe.png.mp4',
      provider: 'simulated',
      model: 'veo3.1-fast',
      priceMicros: 800_000,
    },
    T0,
  ).state,
  ...changes,
});

export const submittingState = (): JobState => beginAttempt(acceptedState(), T0).state;

export const runningState = (changes: Partial<JobState> = {}): JobState => ({
  ...recordTask(submittingState(), { id: 'task1' }, providerSettings(), T0).state,
  ...changes,
});

export const storingState = (changes: Partial<JobState> = {}): JobState => ({
  ...startStoring(runningState(), providerSettings(), at(60)).state,
  ...changes,
});

export const jobParameters: JobParameters = {
  provider: 'simulated',
  model: 'veo3.1-fast',
  prompt: 'A shoe turns.',
  aspectRatio: 'auto',
  resolution: '720p',
  durationSeconds: 8,
};

export const jobRequest = (changes: Partial<JobRequest> = {}): JobRequest => ({
  parameters: jobParameters,
  startFrame: { bucket: 'inbox', key: 'shoe.png', versionId: 'v1' },
  metadata: { campaign: 'spring' },
  requestHash: 'hash',
  ...changes,
});
