import { benchAdmission } from './admission.ts';
import { benchBundles } from './bundles.ts';
import { benchFirstVideo } from './first-video.ts';
import { benchStoreVideo } from './store-video.ts';
import { benchSynth } from './synth.ts';
import { benchTransitions } from './transitions.ts';

const benches: Record<string, () => void | Promise<void>> = {
  synth: benchSynth,
  bundles: benchBundles,
  transitions: benchTransitions,
  admission: benchAdmission,
  'first-video': benchFirstVideo,
  'store-video': benchStoreVideo,
};

// A first run from a clean clone takes minutes and fills a cache of its own: only when it is asked for.
const usual = ['synth', 'bundles', 'transitions'];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
for (const name of asked.length > 0 ? asked : usual) await benches[name]?.();
