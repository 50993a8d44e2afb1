import { liveLine } from '../../../cli/live-line.ts';
import { showProgress } from '../../../cli/progress.ts';
import { testTerminal } from '../../support/startframe.ts';

const progressAt = (columns?: number) => {
  const { terminal, err } = testTerminal(columns === undefined ? {} : { columns });
  let clock = 0;
  const progress = showProgress(liveLine(terminal), () => clock);
  return { progress, written: err, wait: (ms: number) => (clock += ms) };
};

test('without a terminal each step is one plain line when it is done', async () => {
  const { progress, written, wait } = progressAt();
  await progress.step('cdk deploy', async () => wait(1260));
  expect(written()).toBe('  ✓ cdk deploy  1.3 s\n');
  expect(progress.steps).toEqual([{ title: 'cdk deploy', seconds: 1.26 }]);
});

test('a terminal shows all that runs on its last line', async () => {
  const { progress, written, wait } = progressAt(80);
  await Promise.all([
    progress.step('bootstrap', async () => wait(2000)),
    progress.step('synth', async () => undefined),
  ]);
  expect(written()).toContain('\r\u001b[2K  … bootstrap 2 s, synth 0 s');
  expect(written()).toContain('\r\u001b[2K  ✓ bootstrap  2.0 s\n');
  // Nothing is left of the last line.
  expect(written()).toMatch(/ {2}✓ synth {2}0\.0 s\n$/);
});

test('a narrow terminal cuts the last line, so that it can be written over', async () => {
  const { progress, written } = progressAt(20);
  await progress.step('a step with a long title', async () => undefined);
  expect(written()).toContain('\r\u001b[2K  … a step with a …\r');
});

test('only the step that failed is shown as failed, not those that were ended because of it', async () => {
  const { progress, written } = progressAt();
  const failing = () => Promise.reject(new Error('no'));
  await expect(progress.step('cloud', failing)).rejects.toThrow('no');
  await expect(progress.step('synth', failing)).rejects.toThrow('no');
  expect(written()).toBe('  ✗ cloud  0.0 s\n');
});
