import type { Billing, LifeCycle, Model } from '../../model.ts';
import { fastPrice, standardPrice, veo } from '../veo.ts';

// Gateways that speak as Google does may keep the names alive.
const shutDown = (replacement: string): LifeCycle => ({
  status: 'retired',
  retiresOn: '2026-10-22',
  replacement,
  source: 'three third-party reports that Google has shut it down, read November 2026',
});

const billing: Billing = {
  isFilteredFree: true,
  isDeliveredOnly: true,
  source:
    'Google does not charge for a video that it filters (the project’s notes on providers, November 2026)',
};

const model = (
  id: string,
  pricePerSecondMicros: Model['pricePerSecondMicros'],
  lifeCycle: LifeCycle,
): Model => ({
  ...veo,
  id,
  scenes: ['text-to-video', 'image-to-video', 'first-and-last-frame', 'reference-to-video', 'video-to-video'],
  durationsSeconds: [4, 6, 8],
  fixedDurationWith: ['1080p', '4k', 'first-and-last-frame', 'reference-to-video', 'video-to-video'],
  extensionResolutions: ['720p'],
  takes: ['enhancePrompt', 'negativePrompt', 'personGeneration', 'videoCount'],
  requestsPerMinute: 10,
  pricePerSecondMicros,
  billing,
  lifeCycle,
  source:
    'gptproto model pages, seeds 002 and 003 (2026); last frame, reference images and prices: Google, November 2026',
});

export const geminiModels: readonly Model[] = [
  model(
    'veo-3.1-fast-generate-preview',
    fastPrice,
    shutDown('veo-3.1-fast-generate-001 (Vertex AI) or gemini-omni-1.1-flash'),
  ),
  model(
    'veo-3.1-generate-preview',
    standardPrice,
    shutDown('veo-3.1-generate-001 (Vertex AI) or gemini-omni-1.2-flash'),
  ),
];
