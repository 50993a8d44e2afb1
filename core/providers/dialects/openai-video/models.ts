import type { LifeCycle, Model } from '../../model.ts';
import { fastPrice, retiredInJune, standardPrice, veo } from '../veo.ts';

const listed: LifeCycle = { status: 'preview', source: 'relay model page, seed 004 (2026)' };

const model = (
  id: string,
  pricePerSecondMicros: Model['pricePerSecondMicros'],
  lifeCycle: LifeCycle,
  limits: Partial<Pick<Model, 'resolutions' | 'durationsSeconds'>> = {},
): Model => ({
  ...veo,
  id,
  // The seed is the page of image-to-video. That a request without a picture makes a video of its text: relays as they were
  // run on 21 Nov 2026, and OpenAI's videos API, where `input_reference` is optional.
  scenes: ['text-to-video', 'image-to-video'],
  durationsSeconds: [4, 6, 8],
  // With a first frame `seconds` is fixed to 8.
  fixedDurationWith: ['image-to-video', '1080p', '4k'],
  takes: [],
  pricePerSecondMicros,
  lifeCycle,
  source: 'relay model page, seed 004 (2026); prices: Veo 3.1 list prices, November 2026, for Veo 3.0 too',
  ...limits,
});

export const openAiVideoModels: readonly Model[] = [
  model('veo-3.1-fast-generate-preview', fastPrice, listed),
  model('veo-3.1-generate-preview', standardPrice, listed),
  model('veo-3.0-fast-generate-001', fastPrice, retiredInJune('veo-3.1-fast-generate-preview')),
  model('veo-3.0-generate-001', standardPrice, retiredInJune('veo-3.1-generate-preview')),
  model('veo-2.0-generate-001', {}, retiredInJune('veo-3.1-fast-generate-preview'), {
    resolutions: ['720p', '1080p'],
    durationsSeconds: [5, 6, 7, 8],
  }),
];
