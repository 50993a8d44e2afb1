import * as z from 'zod';
import { addExamples, runMain } from '../cli/command-line.ts';
import { usageError } from '../cli/errors.ts';
import { closestName } from '../core/kernel/closest-match.ts';
import { benchAdmission } from './admission.ts';
import { benchBundles } from './bundles.ts';
import { benchCost } from './cost.ts';
import { benchFirstVideo } from './first-video.ts';
import { benchStoreVideo } from './store-video.ts';
import { benchSynth } from './synth.ts';
import { benchTransitions } from './transitions.ts';

const benches: Record<string, () => void | Promise<void>> = {
  synth: benchSynth,
  bundles: benchBundles,
  transitions: benchTransitions,
  admission: benchAdmission,
  cost: benchCost,
  'first-video': benchFirstVideo,
  'store-video': benchStoreVideo,
};

// A first run from a clean clone takes minutes and fills a cache of its own: only by its name.
const usual = ['synth', 'bundles', 'transitions'];

const bench = async (words: readonly string[]): Promise<number> => {
  const unknown = words.filter((name) => !(name in benches));
  if (unknown.length > 0)
    throw usageError(
      `There is no bench ${unknown.join(', ')}.${didYouMean(unknown[0] ?? '')} There are: ${Object.keys(benches).join(', ')}.`,
    );
  for (const name of words.length > 0 ? words : usual) await benches[name]?.();
  return 0;
};

const didYouMean = (name: string): string => {
  const closest = closestName(name, Object.keys(benches));
  return closest === undefined ? '' : ` Did you mean ${closest}?`;
};

await runMain({
  name: 'npm run bench --',
  options: z.object({}),
  define: (program) => {
    program
      .description(`Measures what takes time. Without a name: ${usual.join(', ')}.`)
      .argument('[bench...]', Object.keys(benches).join(', '));
    addExamples(program, [
      ['npm run bench', ''],
      ['npm run bench -- first-video', 'from a clean clone to the first video'],
    ]);
  },
  run: (_options, words) => bench(words),
});
