import { showProgress } from '../../../local/progress.ts';

const terminal = (isTTY: boolean) => {
  const written: string[] = [];
  let clock = 0;
  const progress = showProgress({ isTTY, write: (text: string) => written.push(text) }, () => clock);
  return { progress, written, wait: (ms: number) => (clock += ms) };
};

test('where nobody looks, each step is one plain line when it is done', async () => {
  const { progress, written, wait } = terminal(false);
  await progress.step('cdk deploy', async () => wait(1260));
  expect(written).toEqual(['  ✓ cdk deploy  1.3 s\n']);
  expect(progress.steps).toEqual([{ title: 'cdk deploy', seconds: 1.26 }]);
});

test('a terminal shows all that runs on its last line', async () => {
  const { progress, written, wait } = terminal(true);
  await Promise.all([
    progress.step('bootstrap', async () => wait(2000)),
    progress.step('synth', async () => undefined),
  ]);
  expect(written.join('')).toContain('\r\u001b[2K  … bootstrap 2 s, synth 0 s');
  expect(written).toContain('\r\u001b[2K  ✓ bootstrap  2.0 s\n');
});

test('only the step that failed is shown as failed, not those that were ended because of it', async () => {
  const { progress, written } = terminal(false);
  const failing = () => Promise.reject(new Error('no'));
  await expect(progress.step('cloud', failing)).rejects.toThrow('no');
  await expect(progress.step('synth', failing)).rejects.toThrow('no');
  expect(written).toEqual(['  ✗ cloud  0.0 s\n']);
});
