import { inDollars } from '../core/kernel/money.ts';

// Money as people read it, in every program. Inside it is whole micro-dollars.

/** `$0.80`; nothing for an amount that is not known. */
export const dollars = (micros: number | undefined): string | undefined =>
  micros === undefined ? undefined : inDollars(micros);

/** `list price $0.80`, `list price unknown` */
export const listPriceText = (micros: number | undefined): string =>
  `list price ${dollars(micros) ?? 'unknown'}`;

/** ` (list price $0.80)` for the end of a sentence; empty for a price that is not known. */
export const listPriceNote = (micros: number | undefined): string =>
  micros === undefined ? '' : ` (${listPriceText(micros)})`;
