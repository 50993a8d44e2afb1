import type { ProviderSettings } from '../../../../../core/settings.ts';
import { fixturesOf, providerWith } from './context.ts';

export const fixture = fixturesOf('openai-video');

export const RELAY = 'https://relay.test';
export const MODEL = 'veo-3.1-fast-generate-preview';
export const ID = 'task_MQKsdsosLYRreob4Z4NzTFxZKtSoVRWZ';
export const VIDEO = 'https://cdn.relay.test/video.mp4';
export const settings: Partial<ProviderSettings> = {
  dialect: 'openai-video',
  submitBaseUrl: RELAY,
  models: [MODEL],
};
export const FORM = { options: { submitForm: 'multipart' } };

export const provider = providerWith(settings);
export const check = (body: unknown, changes: Partial<ProviderSettings> = {}, id = ID) =>
  provider({ body }, changes).check({ id });

export const CONTENT = {
  url: `${RELAY}/v1/videos/${ID}/content`,
  needsKey: true,
  isUnconfirmed: true,
} as const;
