import { join } from 'node:path';

export const repository = join(import.meta.dirname, '..');
export const DEFAULT_PORT = 4566;

/** Where a cloud keeps its files. */
export interface CloudFolder {
  readonly base: string;
  readonly path: string;
  /** `.local/outputs.json` for the main cloud; a cloud beside it has its own. */
  readonly outputsFile: string;
}

/**
 * `.local/cloud-4566` for the cloud on port 4566. The main cloud is the one on the default port, or the one that
 * AWS_ENDPOINT_URL names: its outputs are `.local/outputs.json`. Any other's are in its own folder.
 */
export const cloudFolder = (base: string, endpoint: string, isMain: boolean): CloudFolder => {
  const { hostname, port, protocol } = new URL(endpoint);
  const number = port || (protocol === 'https:' ? '443' : '80');
  const path = join(base, hostname === '127.0.0.1' ? `cloud-${number}` : `cloud-${hostname}-${number}`);
  return { base, path, outputsFile: join(isMain ? base : path, 'outputs.json') };
};

export const defaultBaseFolder = join(repository, '.local');
