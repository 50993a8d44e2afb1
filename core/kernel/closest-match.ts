import { distance } from 'fastest-levenshtein';

// The closest thing that would work, for a person whose value does not.

/** The most similar name; nothing if none is similar. */
export const closestName = (name: string, names: readonly string[]): string | undefined => {
  const far = (other: string) => distance(name.toLowerCase(), other.toLowerCase());
  const [best] = [...names].sort((a, b) => far(a) - far(b));
  return best !== undefined && far(best) <= Math.max(name.length, best.length) / 2 ? best : undefined;
};

/** The nearest number, the greater of two. Nothing for a text that is no number. */
export const closestNumber = (value: number, numbers: readonly number[]): number | undefined =>
  Number.isFinite(value)
    ? [...numbers].sort((a, b) => Math.abs(a - value) - Math.abs(b - value) || b - a)[0]
    : undefined;

/** Width through height of `16:9`, `16/9`, `1920x1080` or `1.78`; nothing for anything else. */
export const ratioOf = (text: string): number | undefined => {
  const [, width, height = '1'] = /^\s*(\d+(?:\.\d+)?)(?:\s*[:/x×]\s*(\d+(?:\.\d+)?))?\s*$/i.exec(text) ?? [];
  const ratio = Number(width) / Number(height);
  return Number.isFinite(ratio) && ratio > 0 ? ratio : undefined;
};

export const closestRatio = (ratio: number, ratios: readonly string[]): string | undefined => {
  const far = (other: string) => Math.abs(Math.log(ratio / (ratioOf(other) ?? Number.EPSILON)));
  return [...ratios].sort((a, b) => far(a) - far(b))[0];
};

/** Lines of `720p`, `4k`, `1920x1080` or a bare number. */
const linesOf = (text: string): number => {
  const [, pixels] = /(?:\d+\s*[x×]\s*)?(\d+)\s*(?:p|px|)$/i.exec(text.trim()) ?? [];
  const [, thousands] = /^(\d+)\s*k$/i.exec(text.trim()) ?? [];
  return thousands === undefined ? Number(pixels) : Number(thousands) * 540;
};

export const closestResolution = (text: string, resolutions: readonly string[]): string | undefined => {
  const lines = closestNumber(linesOf(text), resolutions.map(linesOf));
  return resolutions.find((resolution) => linesOf(resolution) === lines);
};
