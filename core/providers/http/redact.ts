/** What stands where a secret was. */
const HIDDEN = '[hidden]';

/** Longest quotation of a provider's own words, in characters. */
export const MAX_WORDS = 300;

/** How many characters of a text are read. Gateways answer with 20 MB: patterns over that take seconds, or all of the stack. */
const LONGEST_READ = 20_000;

/** A shorter "secret" is a word of the language; hiding it would make every message unreadable. */
const SHORTEST_SECRET = 6;

/** Things that look like a secret wherever they stand. Each pattern is linear in the length of the text. */
const SECRET_SHAPES: ReadonlyArray<readonly [pattern: RegExp, replacement: string]> = [
  // Parts of a presigned URL, also when it was encoded once or twice or broken into JSON.
  [/x-(?:amz|goog)-[a-z-]{1,40}(?:=|%(?:25)?3d|["']?\s?:\s?["']?)[^\s&"'<>,;]*/gi, HIDDEN],
  [/\b(?:signature|sig)(?:=|%(?:25)?3d)[^\s&"'<>,;]*/gi, HIDDEN],
  [/\bbearer\s[^\s"',;]+/gi, `Bearer ${HIDDEN}`],
  // API keys in the shapes of OpenAI-like gateways, Google, AWS; JSON web tokens.
  [/(?<![a-z])(?:sk|pk|rk)-[\w*.…-]{3,}/gi, HIDDEN],
  [/AIza[\w-]{16,}|ya29\.[\w.-]+|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\beyJ[\w-]{8,}\.[\w.-]+/g, HIDDEN],
  [
    /\b((?:api|access|secret)[_-]?(?:key|token)|authorization|password|token|secret)(["']?\s?[=:]\s?["']?)[^\s"',;&]{8,}/gi,
    `$1$2${HIDDEN}`,
  ],
  [/\bdata:[\w/+.-]{1,60};base64,[\w+/=-]*/gi, `data:${HIDDEN}`],
];

/**
 * A text that may go into a log, a record or a person's hands: known secrets, whatever looks like a key, and the queries and
 * credentials of URLs are hidden; control and invisible characters become spaces. What comes after 20,000 characters is left out.
 */
export const redact = (text: string, secrets: readonly string[] = []): string => {
  const known = secrets.flatMap(formsOf).sort((a, b) => b.length - a.length);
  const clean = (dirty: string) => known.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), dirty);
  // Cleaned before it is cut: half a secret would not be recognised.
  const head = clean(text.toWellFormed()).slice(0, LONGEST_READ).toWellFormed();
  const visible = head.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ');
  const withoutQueries = visible
    .split(/([\s"'<>]+)/)
    .map(hideQuery)
    .join('');
  const shaped = SECRET_SHAPES.reduce(
    (rest, [pattern, replacement]) => rest.replace(pattern, replacement),
    withoutQueries,
  );
  return clean(shaped).trim();
};

/** A provider's words for a message: redacted, then cut. In this order: a cut secret would not be recognised. */
export const quote = (text: string, secrets: readonly string[] = [], maxLength = MAX_WORDS): string => {
  const words = redact(text, secrets);
  return words.length <= maxLength ? words : `${words.slice(0, maxLength - 1).toWellFormed()}…`;
};

/**
 * A copy of an error for `cause`: name, code and message without secrets, and so down the chain. The original stays behind
 * with whatever a client hung on it (requests, headers, raw packets).
 */
export const redactError = (error: unknown, secrets: readonly string[] = [], depth = 0): Error => {
  if (!(error instanceof Error))
    return new Error(
      typeof error === 'string' ? quote(error, secrets) : 'something that is no error was thrown',
    );
  const hasCause = error.cause !== undefined && depth < 4;
  const copy = new Error(
    quote(error.message, secrets),
    hasCause ? { cause: redactError(error.cause, secrets, depth + 1) } : undefined,
  );
  copy.name = quote(error.name, secrets, 60);
  // The stack of the copy says nothing; the original's is worth more, but it repeats the message.
  copy.stack = redact(`${copy.name}: ${copy.message}`, secrets);
  const code =
    'code' in error && typeof error.code === 'string' ? { code: quote(error.code, secrets, 60) } : {};
  return Object.assign(copy, code);
};

/** A URL as it may be shown: origin and path. */
export const withoutQuery = (url: string): string => {
  if (!URL.canParse(url)) return 'an address that is no URL';
  const { origin, pathname } = new URL(url);
  return quote(`${origin}${pathname}`, [], 200);
};

const formsOf = (secret: string): string[] => {
  const plain = secret.toWellFormed();
  if (plain.length < SHORTEST_SECRET) return [];
  return [
    ...new Set([plain, JSON.stringify(plain).slice(1, -1), encodeURIComponent(plain), encodeURI(plain)]),
  ];
};

const hideQuery = (token: string): string => {
  const withoutCredentials = token.replace(/:\/\/[^/@]{1,300}@/g, `://${HIDDEN}@`);
  const query = withoutCredentials.search(/[?#]/);
  if (query < 0) return withoutCredentials;
  const isUrl = withoutCredentials.slice(0, query).includes('//') || withoutCredentials.includes('=', query);
  return isUrl ? `${withoutCredentials.slice(0, query)}?${HIDDEN}` : withoutCredentials;
};
