/** A wait that nobody means: more is cut to a day. */
const LONGEST_SECONDS = 86_400;

/**
 * `Retry-After` in whole seconds: a number, or an HTTP date. A date is measured against the answer's own `Date`, the same
 * clock; without that it says nothing (core has no clock, and ours may differ).
 */
export const retryAfterSecondsOf = (headers: Readonly<Record<string, string>>): number | undefined => {
  const value = headers['retry-after']?.trim();
  if (value === undefined || value === '') return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(value)
    ? Number(value)
    : (Date.parse(value) - Date.parse(headers.date ?? '')) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.ceil(Math.min(Math.max(seconds, 0), LONGEST_SECONDS));
};
