import * as z from 'zod';

/** A moment as people write it, with its zone, or a day (UTC). As our own times are written: they sort as texts. */
export const Moment = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], 'a time such as 2026-11-21T09:00:00Z, or a day')
  .transform((time) => new Date(time).toISOString())
  .refine((time) => /^\d{4}-/.test(time), 'a year from 0000 to 9999');

/** Refuses a range that holds nothing, in words that name the field. */
export const isInOrder = ({ from, to }: { from?: string | undefined; to?: string | undefined }): boolean =>
  from === undefined || to === undefined || from < to;
export const NOT_IN_ORDER = { path: ['to'], error: 'it must be later than "from"' };
