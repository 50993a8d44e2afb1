import * as z from 'zod';

/** A whole number of a query, in digits: `Number` alone would take `1e1`, `0x1` and a blank, too. */
export const wholeNumber = (least: number, most: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value),
    z.int().min(least).max(most),
  );
