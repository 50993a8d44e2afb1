import { randomBytes } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type GatewayOptions, type RunningGateway, startGateway } from '../simulator/server.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';
import { findFreePort } from './ports.ts';

/** A gateway that costs money. */
export interface RealGateway {
  readonly url: string;
  readonly dialect: string;
  readonly key: string;
  /** How the key stands in the Authorization header, where that is not the dialect's usual way. */
  readonly keyStyle?: 'bare' | 'bearer';
}

/** The gateway that makes the videos. Its address is known before it runs: the template needs it. */
export interface ChosenGateway {
  readonly url: string;
  readonly key: string;
  readonly isReal: boolean;
  /** Starts the simulated gateway; missing when the gateway is real, or runs already. */
  start?(ffmpeg: string): Promise<RunningGateway>;
}

/** Options of the simulated gateway. The cloud chooses its address, key, ffmpeg and log. */
export type SimulatedOptions = Omit<GatewayOptions, 'host' | 'port' | 'key' | 'ffmpeg' | 'log'>;

export const realGateway = ({ url, key }: RealGateway): ChosenGateway => ({ url, key, isReal: true });

const Note = z.object({ url: z.url(), key: z.string().min(1) });

// The cloud on 4566 has its gateway on 4600, the address in stages/local.json.
const GATEWAY_PORT_OFFSET = 34;

/**
 * The simulated gateway of a cloud: the one that runs already, or a new one. It keeps its port and its key from run to run, so that
 * the template and the secret do not change.
 */
export const simulatedGateway = async (
  folder: string,
  cloudPort: number,
  options: SimulatedOptions = {},
): Promise<ChosenGateway> => {
  const file = join(folder, 'gateway.json');
  const note = await readJsonFile(file, Note);
  if (note && (await isHealthy(note.url))) return { ...note, isReal: false };

  const port = await choosePort(note ? Number(new URL(note.url).port) : cloudPort + GATEWAY_PORT_OFFSET);
  const gateway = { url: `http://127.0.0.1:${port}`, key: note?.key ?? randomBytes(16).toString('hex') };
  await writeJsonFile(file, gateway);
  return {
    ...gateway,
    isReal: false,
    start: (ffmpeg) =>
      startGateway({ ...options, ffmpeg, port, key: gateway.key, log: logTo(join(folder, 'gateway.log')) }),
  };
};

const choosePort = async (wanted: number): Promise<number> => {
  const port = (wanted < 65_536 ? await findFreePort(wanted) : undefined) ?? (await findFreePort(0));
  if (port === undefined) throw new Error('No port of 127.0.0.1 is free.');
  return port;
};

/** A failing log does not fail a video. */
const logTo = (file: string) => (line: string) => {
  appendFile(file, `${new Date().toISOString()} ${line}\n`).catch(() => undefined);
};

const isHealthy = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(`${url}/_gateway/health`, { signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
};
