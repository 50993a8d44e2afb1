import { summary, timeCommand } from './statistics.ts';

/** `cdk synth` of each stage as a user runs it: with the CLI, all bundles, cdk-nag and CloudFormation's validator. */
export const benchSynth = (): void => {
  const rows: Record<string, unknown> = {};
  for (const stage of ['local', 'dev', 'prod']) {
    const args = ['synth', '--quiet', '-c', `stage=${stage}`];
    timeCommand('cdk', args);
    rows[stage] = summary([1, 2, 3, 4, 5].map(() => timeCommand('cdk', args)));
  }
  console.log('\ncdk synth with bundling, seconds of 5 runs after a warm-up (aim: at most 3)');
  console.table(rows);
};
