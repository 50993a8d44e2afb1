import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

test('a stage that does not exist ends the app with one sentence and no stack trace', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(__dirname, '../../../bin/app.ts')], {
    env: { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ stage: 'nowhere' }) },
    encoding: 'utf8',
  });
  expect(stderr.trim().split('\n')).toEqual([
    expect.stringMatching(/^stages\/nowhere\.json does not exist; /),
  ]);
  expect(status).toBe(1);
});
