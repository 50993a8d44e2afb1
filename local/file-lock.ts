import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

import { messageOf } from './error-facts.ts';

export interface FileLock {
  release(): void;
}

/**
 * Waits until no other process holds the lock, and takes it. It is SQLite's file lock: the operating system releases it when its
 * holder dies, so a killed process leaves nothing to clean up. A file with a process id could not promise that.
 */
export const takeFileLock = async (file: string, onWait: () => void = () => undefined): Promise<FileLock> => {
  await mkdir(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  for (let tries = 0; ; tries += 1) {
    try {
      database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
      return { release: () => database.close() };
    } catch (error) {
      if (!/database is locked/.test(messageOf(error))) {
        database.close();
        throw error;
      }
      if (tries === 0) onWait();
      await sleep(200);
    }
  }
};
