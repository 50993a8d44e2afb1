const MICROS = 1_000_000;

/** Inside, money is whole micro-dollars; people write and read dollars. */
export const toMicros = (dollars: number): number => Math.round(dollars * MICROS);

/** `$0.80` */
export const inDollars = (micros: number): string => `$${(micros / MICROS).toFixed(2)}`;
