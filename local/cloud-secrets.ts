import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { readJsonFile, writeJsonFile } from './json-file.ts';

/**
 * What opens the MiniStack of a cloud's folder. Every folder has its own, made at random: nobody can know them who cannot read the
 * folder, a web page least of all.
 */
const CloudSecrets = z.object({
  /** Of the account's root user. */
  accessKeyId: z.string().min(16),
  secretAccessKey: z.string().min(32),
  /** For the addresses below `/_ministack/`, which empty and inspect the cloud. */
  resetToken: z.string().min(32),
});
export type CloudSecrets = z.infer<typeof CloudSecrets>;

/** The secrets of this folder, made at the first call. Call it under the folder's lock. */
export const ensureCloudSecrets = async (folder: string): Promise<CloudSecrets> => {
  const file = join(folder, 'secrets.json');
  const found = await readJsonFile(file, CloudSecrets);
  if (found) return found;
  const made = newCloudSecrets();
  await writeJsonFile(file, made);
  return made;
};

export const newCloudSecrets = (): CloudSecrets => ({
  accessKeyId: `LOCAL${Array.from({ length: 15 }, () => LETTERS[randomInt(LETTERS.length)]).join('')}`,
  secretAccessKey: randomBytes(30).toString('base64url'),
  resetToken: randomBytes(30).toString('base64url'),
});

// Those of AWS's own key ids.
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
