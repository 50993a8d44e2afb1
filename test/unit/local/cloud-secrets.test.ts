import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCloudSecrets } from '../../../local/cloud-secrets.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'startframe-secrets-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

test('a folder keeps its secrets, another has others, and only the user reads them', async () => {
  const [one, other] = [join(base, 'one'), join(base, 'other')];
  const first = await ensureCloudSecrets(one);
  expect(first.accessKeyId).toMatch(/^LOCAL[A-Z2-7]{15}$/);
  expect(await ensureCloudSecrets(one)).toEqual(first);
  const second = await ensureCloudSecrets(other);
  for (const name of ['accessKeyId', 'secretAccessKey', 'resetToken'] as const)
    expect(second[name]).not.toBe(first[name]);
  expect(statSync(join(one, 'secrets.json')).mode & 0o777).toBe(0o600);
});

test('half a file is made anew', async () => {
  writeFileSync(join(base, 'secrets.json'), '{"accessKeyId":"test"}');
  expect((await ensureCloudSecrets(base)).accessKeyId).toMatch(/^LOCAL/);
});
