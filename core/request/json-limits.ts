/** More levels than any body of ours has. */
const MOST_LEVELS = 32;

interface JsonProblem {
  readonly field: string;
  readonly message: string;
}

/**
 * What of a parsed body no table, no key and no header can hold, though JSON can say it: half a surrogate pair, a NUL character, a
 * number beyond 2^53, a field without a name. Nothing for all others.
 * @param whole what to call the body itself
 */
export const jsonProblemOf = (body: unknown, whole = 'body'): JsonProblem | undefined => {
  const field = (path: readonly string[]): string => path.join('.') || whole;
  // No recursion: a body of brackets alone is deeper than the stack.
  const open: { readonly value: unknown; readonly path: readonly string[] }[] = [{ value: body, path: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, path } = next;
    if (path.length > MOST_LEVELS)
      return { field: field(path.slice(0, 3)), message: 'it is nested too deep' };
    const message = troubleWith(value);
    if (message !== undefined) return { field: field(path), message };
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, inner] of Object.entries(value)) {
      const jsonProblem = troubleWithName(name);
      if (jsonProblem !== undefined) return { field: field(path), message: jsonProblem };
      open.push({ value: inner, path: [...path, name] });
    }
  }
  return undefined;
};

const troubleWith = (value: unknown): string | undefined => {
  if (typeof value === 'string') return troubleWithText(value);
  if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER)
    return `numbers are between -${Number.MAX_SAFE_INTEGER} and ${Number.MAX_SAFE_INTEGER}`;
  return undefined;
};

const troubleWithText = (text: string): string | undefined => {
  if (!text.isWellFormed()) return 'it holds half a surrogate pair, which is no character';
  return text.includes('\0') ? 'it holds a NUL character' : undefined;
};

const troubleWithName = (name: string): string | undefined => {
  if (name === '') return 'one of its fields has no name';
  if (name === '__proto__') return 'a field cannot be named __proto__';
  const jsonProblem = troubleWithText(name);
  return jsonProblem && `in the name of a field: ${jsonProblem}`;
};
