/** More levels than any body of the API has. */
const MOST_LEVELS = 32;

interface JsonProblem {
  readonly field: string;
  readonly message: string;
}

/**
 * The first value of a parsed body that JSON can hold but a table, a key or a header cannot: half a surrogate pair, a NUL
 * character, a number beyond 2^53, a field without a name. Undefined where there is none.
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
    const message = problemOf(value);
    if (message !== undefined) return { field: field(path), message };
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, inner] of Object.entries(value)) {
      const jsonProblem = problemOfName(name);
      if (jsonProblem !== undefined) return { field: field(path), message: jsonProblem };
      open.push({ value: inner, path: [...path, name] });
    }
  }
  return undefined;
};

const problemOf = (value: unknown): string | undefined => {
  if (typeof value === 'string') return problemOfText(value);
  if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER)
    return `numbers are between -${Number.MAX_SAFE_INTEGER} and ${Number.MAX_SAFE_INTEGER}`;
  return undefined;
};

const problemOfText = (text: string): string | undefined => {
  if (!text.isWellFormed()) return 'it holds half a surrogate pair, which is no character';
  return text.includes('\0') ? 'it holds a NUL character' : undefined;
};

const problemOfName = (name: string): string | undefined => {
  if (name === '') return 'one of its fields has no name';
  if (name === '__proto__') return 'a field cannot be named __proto__';
  const jsonProblem = problemOfText(name);
  return jsonProblem && `in the name of a field: ${jsonProblem}`;
};
