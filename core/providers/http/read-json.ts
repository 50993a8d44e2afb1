/**
 * Reads a body as JSON; `undefined` when it is none. Integers beyond 2^53 come as strings: a task id written as such a number
 * would otherwise be another task's.
 */
export const readJson = (body: Uint8Array): unknown => {
  const text = new TextDecoder().decode(body);
  try {
    // Looking at each value takes seconds for 20 MB of them; a number of 16 digits is rarely there.
    return /\d{16}/.test(text) ? JSON.parse(text, keepLongNumbers) : JSON.parse(text);
  } catch {
    return undefined; // no JSON, or nested too deep to read
  }
};

const keepLongNumbers = (_name: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
    ? (context?.source ?? value)
    : value;
