import type { ProviderSettings } from '../../../../../core/settings.ts';
import { fixturesOf, providerWith } from './context.ts';

export const fixture = fixturesOf('gemini');

export const GOOGLE = 'https://generativelanguage.googleapis.com';
export const MODEL = 'veo-3.1-fast-generate-preview';
export const NAME = 'models/veo-3.1-generate-preview/operations/abc';
export const VIDEO = `${GOOGLE}/v1beta/files/abc:download?alt=media`;
export const INLINE = 'data:video/mp4;base64,AAAAIGZ0eXA=';
export const settings: Partial<ProviderSettings> = {
  dialect: 'gemini',
  submitBaseUrl: GOOGLE,
  models: [MODEL],
};

export const provider = providerWith(settings);
export const check = (body: unknown, changes: Partial<ProviderSettings> = {}) =>
  provider({ body }, changes).check({ id: NAME });
