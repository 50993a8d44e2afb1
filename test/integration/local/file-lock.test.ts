import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeFileLock } from '../../../local/file-lock.ts';

test('the second waits for the first, and says so once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'startframe-lock-'));
  const file = join(folder, 'below', 'lock');
  const first = await takeFileLock(file);
  const waits: string[] = [];
  const second = takeFileLock(file, () => waits.push('waiting'));
  expect(
    await Promise.race([
      second.then(() => 'taken'),
      new Promise((resolve) => setTimeout(resolve, 500, 'free?')),
    ]),
  ).toBe('free?');
  first.release();
  (await second).release();
  expect(waits).toEqual(['waiting']);
  rmSync(folder, { recursive: true });
});
