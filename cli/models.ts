import { models } from '../core/models.ts';

/** `npm run models`: what Startframe knows of each model, as a table. */
const dollars = (micros: number): string => `$${(micros / 1e6).toFixed(2)}`;

console.table(
  Object.fromEntries(
    models.map((model) => [
      `${model.dialect} ${model.id}`,
      {
        seconds: model.durationsSeconds.join(', '),
        'aspect ratios': model.aspectRatios.join(', '),
        'price a second': model.resolutions
          .map((resolution) => {
            const micros = model.pricePerSecondMicros[resolution];
            return `${resolution} ${micros === undefined ? 'unknown' : dollars(micros)}`;
          })
          .join(', '),
      },
    ]),
  ),
);
console.log('Prices are estimates from what the makers list; what a gateway charges is on its own page.');
