import type { Command } from 'commander';
import * as z from 'zod';
import type { Model } from '../../client/index.ts';
import { models as registry } from '../../core/providers/model-registry.ts';
import { scenes } from '../../core/providers/scenes.ts';
import { type Context, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { CliError, ExitCode } from '../errors.ts';
import { dollars } from '../money-text.ts';
import { type Column, factsText, tableText } from '../table.ts';

/** A model of the stage, or one of all that we know, which no provider has to offer. */
type Shown = Omit<Model, 'provider' | 'isDefault'> & {
  readonly provider?: string;
  readonly isDefault?: boolean;
};

const known = (): Shown[] =>
  registry.map(
    ({ scenes: from, aspectRatios, resolutions, durationsSeconds, fixedDurationWith, takes, ...model }) => ({
      ...model,
      scenes: [...from],
      aspectRatios: [...aspectRatios],
      resolutions: [...resolutions],
      durationsSeconds: [...durationsSeconds],
      fixedDurationWith: [...fixedDurationWith],
      takes: [...takes],
      extensionResolutions: model.extensionResolutions && [...model.extensionResolutions],
    }),
  );

export const addModels = (program: Command, context: Context): void => {
  const command = program
    .command('models')
    .argument('[name]', 'those whose name, dialect or provider holds it, with their sources')
    .summary('the models: lengths, shapes, list prices')
    .option('--all', 'every model that Startframe knows; needs no stack');
  addExamples(command, [
    ['startframe models', 'what the stack offers'],
    ['startframe models veo3.1-fast', 'all about one'],
    ['startframe models --all --json', 'the whole registry, prices in micro-dollars'],
  ]);
  onCall(command, context, z.object({ all: z.boolean().default(false) }), async (call) => {
    const [name = ''] = call.words;
    const { options, signal, terminal } = call;
    const all = options.all ? known() : (await (await call.target()).api.listModels({ signal })).models;
    const shown = all.filter(({ id, dialect, provider = '' }) =>
      `${provider} ${dialect} ${id}`.toLowerCase().includes(name.toLowerCase()),
    );
    if (shown.length === 0)
      throw new CliError(`No model's name holds "${name}". startframe models lists them.`, ExitCode.notFound);
    const table = tableText(terminal, COLUMNS, shown);
    const details = name === '' ? [] : shown.map(detailsOf);
    const note = 'Prices are estimates from what the makers list; what a gateway charges is on its own page.';
    call.answer({ models: shown }, [table, ...details, note].join('\n\n'));
  });
};

const pricesOf = ({ resolutions, pricePerSecondMicros }: Shown): string =>
  resolutions
    .map((resolution) => {
      const micros = pricePerSecondMicros[resolution];
      return `${resolution} ${micros === undefined ? 'unknown' : dollars(micros)}`;
    })
    .join(', ');

const lifeOf = ({ lifeCycle: { status, retiresOn } }: Shown): string =>
  retiresOn === undefined ? status : `${status} ${retiresOn}`;

const scenesOf = (model: Shown): string =>
  scenes
    .filter((scene) => model.scenes.includes(scene))
    .map((scene) => (scene === 'first-and-last-frame' ? 'last frame' : scene.replace('-to-video', '')))
    .join(', ');

const COLUMNS: readonly Column<Shown>[] = [
  { title: 'model', of: ({ id, isDefault }) => (isDefault ? `${id} *` : id) },
  { title: 'at', of: ({ provider, dialect }) => provider ?? dialect },
  { title: 'seconds', of: ({ durationsSeconds }) => durationsSeconds.join(', ') },
  { title: 'price a second', of: pricesOf, shrinksTo: 14 },
  { title: 'life', of: lifeOf, shrinksTo: 9 },
  { title: 'ratios', of: ({ aspectRatios }) => aspectRatios.join(', '), shrinksTo: 6 },
  { title: 'from (to video)', of: scenesOf, shrinksTo: 6 },
];

const detailsOf = (model: Shown): string => {
  const { billing, id, dialect, provider, fixedDurationWith, takes, lifeCycle } = model;
  const facts = factsText([
    ['also takes', takes.join(', ') || 'no other parameter'],
    ['8 s only with', fixedDurationWith.join(', ') || 'no rule'],
    ['prompt', `at most ${model.maxPromptCharacters} characters`],
    [
      'reference frames',
      model.scenes.includes('reference-to-video') ? `1 to ${model.maxReferenceFrames}` : 'none',
    ],
    ['requests a minute', String(model.requestsPerMinute ?? 'not known')],
    ['kept there for', `${model.retentionHours} h, with the watermark ${model.watermark}`],
    ['filtered', billing?.isFilteredFree ? 'not charged' : 'not known whether it is charged'],
    [
      'fewer videos',
      billing?.isDeliveredOnly
        ? 'only delivered videos are charged'
        : 'all requested videos count as charged',
    ],
    ['charges', billing?.source],
    ['life', `${lifeOf(model)}; ${lifeCycle.source}`],
    ['use instead', lifeCycle.replacement],
    ['source', model.source],
  ]);
  return `${id} (${provider ?? dialect})\n${facts}`;
};
