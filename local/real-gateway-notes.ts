import { isLoopback } from '../cli/local-stack.ts';
import { dollars } from '../cli/money-text.ts';
import { priceMicros } from '../core/billing/pricing.ts';
import { findModel } from '../core/providers/model-registry.ts';
import type { RealGateway } from './gateway-choice.ts';
import type { Stage } from './stage-file.ts';

/** What a person has to know before we use a real gateway: what it costs, and whether it can work at all. */
export const realGatewayNotes = (
  { url, dialect }: RealGateway,
  { defaults }: Stage,
  metadata: Readonly<Record<string, string>>,
  endpoint: string,
): string[] => {
  const id = metadata.model ?? defaults.model;
  const resolution = metadata.resolution ?? defaults.resolution ?? '720p';
  const model = findModel(dialect, id);
  const price =
    model &&
    priceMicros(model, {
      resolution,
      durationSeconds: Number(metadata.duration ?? Math.max(...model.durationsSeconds)),
    });
  const perVideo =
    price === undefined ? 'its price is not known' : `about ${dollars(price)} a video, by list price`;
  const spends = `This spends real money at ${url}: ${id} at ${resolution}, ${perVideo}.`;
  if (isLoopback(url) || !isLoopback(endpoint)) return [spends];
  return [
    spends,
    `Warning: that gateway fetches the picture from an address in your bucket, and ${endpoint} is this machine, which it cannot reach. Expect it to refuse the job. Deploy to AWS for it (npm run deploy), or use a gateway on this machine.`,
  ];
};
