import { isRecord } from '../http/error-body.ts';

/** Where an object holds an address of a video. */
const URL_FIELDS = ['url', 'video_url', 'uri', 'video', 'videos', 'output', 'outputs'];
const MAX_DEPTH = 4;

/**
 * Every http(s) address in a field for outputs: a text, a list of them, objects that hold one. What is no address is left
 * out: gateways put the reason of a failure there.
 */
export const addressesIn = (value: unknown): string[] => [
  ...new Set(
    textsIn(value, 0)
      .map((text) => text.trim())
      .filter(isHttpUrl),
  ),
];

/** The texts in such a field that are no address: reasons. */
export const reasonsIn = (value: unknown): string[] =>
  textsIn(value, 0)
    .map((text) => text.trim())
    .filter((text) => text !== '' && !isHttpUrl(text));

export const isHttpUrl = (text: string): boolean => /^https?:\/\/[^\s]+$/i.test(text) && URL.canParse(text);

const textsIn = (value: unknown, depth: number): string[] => {
  if (typeof value === 'string') return [value];
  if (depth >= MAX_DEPTH) return [];
  if (Array.isArray(value)) return value.flatMap((item) => textsIn(item, depth + 1));
  if (!isRecord(value)) return [];
  return URL_FIELDS.flatMap((field) => textsIn(value[field], depth + 1));
};
