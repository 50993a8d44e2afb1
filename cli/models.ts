import { parseArgs } from 'node:util';
import { models, type OfferedModel } from '../core/models.ts';
import { inDollars } from '../core/money.ts';
import { scenes } from '../core/scenes.ts';

const help = `npm run models: what Startframe knows of each model, as a table.

  npm run models                     every model of every dialect
  npm run models -- --model NAME     those whose name or dialect holds NAME, with their sources
  npm run models -- --json           the whole registry as JSON, with prices in micro-dollars
`;

const prices = ({ resolutions, pricePerSecondMicros }: OfferedModel): string =>
  resolutions
    .map((resolution) => {
      const micros = pricePerSecondMicros[resolution];
      return `${resolution} ${micros === undefined ? 'unknown' : inDollars(micros)}`;
    })
    .join(', ');

const lifeOf = ({ lifeCycle: { status, retiresOn } }: OfferedModel): string =>
  retiresOn === undefined ? status : `${status} ${retiresOn}`;

const SHORT_SCENES = { 'first-and-last-frame': 'last frame' } as const;

const scenesOf = (model: OfferedModel): string =>
  scenes
    .filter((scene) => model.scenes.includes(scene))
    .map((scene) => (scene === 'first-and-last-frame' ? SHORT_SCENES[scene] : scene.replace('-to-video', '')))
    .join(', ');

const rowOf = (model: OfferedModel) => ({
  'from (to video)': scenesOf(model),
  seconds: model.durationsSeconds.join(', '),
  ratios: model.aspectRatios.join(', '),
  'price a second': prices(model),
  life: lifeOf(model),
});

const details = (model: OfferedModel): string => {
  const { billing, id, dialect, fixedDurationWith, takes, lifeCycle } = model;
  const lines = [
    ['can also be told', takes.join(', ') || 'nothing more'],
    ['8 s only with', fixedDurationWith.join(', ') || 'no rule'],
    ['prompt', `at most ${model.maxPromptCharacters} characters`],
    [
      'reference frames',
      model.scenes.includes('reference-to-video') ? `1 to ${model.maxReferenceFrames}` : 'none',
    ],
    ['requests a minute', model.requestsPerMinute ?? 'not known'],
    ['kept there for', `${model.retentionHours} h, with the watermark ${model.watermark}`],
    ['filtered', billing?.isFilteredFree ? 'not charged' : 'nobody says whether it is charged'],
    [
      'fewer than asked',
      billing?.isDeliveredOnly ? 'only those that come are charged' : 'counted as all of them',
    ],
    ['charges', billing?.source ?? '-'],
    ['life', `${lifeOf(model)}; ${lifeCycle.source}`],
    ['use instead', lifeCycle.replacement ?? '-'],
    ['source', model.source],
  ];
  return [
    `\n${id} (${dialect})`,
    ...lines.map(([name, text]) => `  ${String(name).padEnd(18)} ${text}`),
  ].join('\n');
};

const print = (values: { model?: string; json?: boolean; help?: boolean }): void => {
  if (values.help) return void console.log(help);
  const asked = values.model?.toLowerCase() ?? '';
  const shown = models.filter(({ id, dialect }) => `${dialect} ${id}`.toLowerCase().includes(asked));
  if (values.json) return void console.log(JSON.stringify(shown, null, 2));
  if (shown.length === 0) {
    console.error(`No model's name holds "${values.model}". npm run models lists all of them.`);
    process.exitCode = 1;
    return;
  }
  console.table(Object.fromEntries(shown.map((model) => [`${model.dialect} ${model.id}`, rowOf(model)])));
  if (asked !== '') for (const model of shown) console.log(details(model));
  console.log('Prices are estimates from what the makers list; what a gateway charges is on its own page.');
};

try {
  const { values } = parseArgs({
    options: { model: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  print(values);
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${help}`);
  process.exitCode = 2;
}
