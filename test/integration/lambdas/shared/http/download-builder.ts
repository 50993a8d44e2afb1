import { TransportError } from '../../../../../core/kernel/errors.ts';
import type { AddressPolicy } from '../../../../../core/providers/address-policy.ts';
import {
  type Download,
  type DownloadOptions,
  openDownload,
} from '../../../../../lambdas/shared/http/download.ts';
import { errorOf } from '../../../../support/loopback.ts';

/** For sources that are to be cut; the others are given time, also on a busy machine. */
export const SLOWEST = { bytes: 1_000, inMs: 300 };
const PATIENT = { bytes: 1, inMs: 10_000 };

export const allow = (...servers: { origin: string }[]): AddressPolicy => ({
  privateOrigins: servers.map(({ origin }) => origin),
});

export const open = (
  url: string,
  policy: AddressPolicy,
  changes: Partial<DownloadOptions> = {},
): Promise<Download> => openDownload({ url, policy, slowest: PATIENT, connectTimeoutMs: 5_000, ...changes });

export const readAll = async (body: AsyncIterable<Buffer>): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** The body fails by name, never with a clean end. */
export const expectCut = async (download: Download): Promise<void> => {
  expect(await errorOf(readAll(download.body))).toBeInstanceOf(TransportError);
};

export const VIDEO = Buffer.alloc(3_000_000, 'video');
