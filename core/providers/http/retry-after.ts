import { isRecord } from './error-body.ts';
import { readJson } from './read-json.ts';

/** The longest wait that counts; a longer one is cut to a day. */
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
  return Number.isNaN(seconds) ? undefined : wholeSeconds(seconds);
};

/** The same from the body of an error, as Google says it: `error.details[]` with a RetryInfo `{ retryDelay: "22.5s" }`. */
export const retryDelaySecondsOf = (body: Uint8Array): number | undefined => {
  const json = [readJson(body)].flat()[0];
  const error = isRecord(json) && isRecord(json.error) ? json.error : json;
  const details: unknown = isRecord(error) ? error.details : undefined;
  for (const detail of [details].flat().slice(0, 10)) {
    const delay: unknown = isRecord(detail) ? detail.retryDelay : undefined;
    const [, seconds] =
      /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(typeof delay === 'string' ? delay.trim() : '') ?? [];
    if (seconds !== undefined) return wholeSeconds(Number(seconds));
  }
  return undefined;
};

const wholeSeconds = (seconds: number): number => Math.ceil(Math.min(Math.max(seconds, 0), LONGEST_SECONDS));
