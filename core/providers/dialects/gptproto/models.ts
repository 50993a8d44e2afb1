import type { LifeCycle, Model } from '../../model.ts';
import type { Scene } from '../../scenes.ts';
import { fastPrice, retiredInJune, standardPrice, veo } from '../veo.ts';

const SCENES: readonly Scene[] = [
  'text-to-video',
  'image-to-video',
  'first-and-last-frame',
  'reference-to-video',
];
const PRO_SCENES: readonly Scene[] = ['text-to-video', 'image-to-video', 'first-and-last-frame'];

const listed: LifeCycle = { status: 'available', source: 'gptproto model page, seed 000 (2026)' };

// gptproto has no length parameter, and 1080p and 4k are 8 s only: 8 s is what it makes.
const model = (
  id: string,
  pricePerSecondMicros: Model['pricePerSecondMicros'],
  lifeCycle: LifeCycle,
  scenes = SCENES,
): Model => ({
  ...veo,
  id,
  scenes,
  durationsSeconds: [8],
  fixedDurationWith: [],
  takes: ['enhancePrompt', 'enableUpsample'],
  pricePerSecondMicros,
  lifeCycle,
  source: 'gptproto model page, seed 000 (2026); prices: Veo list prices, November 2026',
});

export const gptprotoModels: readonly Model[] = [
  model('veo3.1-fast', fastPrice, listed),
  model('veo3.1', standardPrice, listed),
  model('veo3.1-pro', standardPrice, listed, PRO_SCENES),
  model('veo3-fast', fastPrice, retiredInJune('veo3.1-fast')),
  model('veo3', standardPrice, retiredInJune('veo3.1')),
  model('veo3-pro', standardPrice, retiredInJune('veo3.1-pro'), PRO_SCENES),
];
