import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

import { messageOf } from './error-facts.ts';

export interface FileLock {
  release(): void;
}

/**
 * Waits until no other process holds the lock. SQLite's file lock, because the operating system lets go of it when its
 * holder dies: a killed process leaves nothing to clean up, which a file with a process id in it cannot promise.
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
