import { readJson } from './read-json.ts';

/** What a provider says about an error, in whatever envelope. */
export interface ErrorWords {
  /** Its sentences. Not cleaned: for deciding; `quote` it before it goes anywhere. */
  readonly text: string;
  /** Its codes, lower case: `model_not_found`, `insufficient_user_quota`, `400`. */
  readonly codes: readonly string[];
  /** False for an HTML page: a proxy on the way answered, not the provider. */
  readonly isFromProvider: boolean;
}

const SENTENCE_FIELDS = [
  'message',
  'msg',
  'error',
  'errors',
  'error_message',
  'error_msg',
  'error_description',
  'fail_reason',
  'detail',
  'details',
  'reason',
  'title',
  'data',
  // Google's QuotaFailure: whether a limit is one of a minute or of a day stands only there.
  'violations',
  'quotaId',
];
const CODE_FIELDS = ['code', 'error_code', 'errcode', 'type', 'status'];
const MAX_DEPTH = 7;

/** Reads the words of an error body. Only named fields of JSON count: an echoed prompt must not decide anything. */
export const errorWordsOf = (body: Uint8Array): ErrorWords => {
  const text = new TextDecoder().decode(body);
  const json = readJson(body);
  if (json !== undefined) return wordsOfJson(json);
  const isPage = /^\s*<|<(html|body|head|title)\b/i.test(text.slice(0, 2_000));
  return { text: isPage ? textOfPage(text) : text, codes: [], isFromProvider: !isPage };
};

export const wordsOfJson = (json: unknown): ErrorWords => ({
  text: [...new Set(sentencesOf(json, 0))].join('; '),
  codes: codesOf(json, 0),
  isFromProvider: true,
});

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const sentencesOf = (value: unknown, depth: number): string[] => {
  if (typeof value === 'string') return value.trim() === '' ? [] : [value.trim()];
  if (depth >= MAX_DEPTH) return [];
  if (Array.isArray(value)) return value.slice(0, 5).flatMap((item) => sentencesOf(item, depth + 1));
  if (!isRecord(value)) return [];
  return SENTENCE_FIELDS.flatMap((field) => sentencesOf(value[field], depth + 1));
};

const codesOf = (value: unknown, depth: number): string[] => {
  if (depth >= MAX_DEPTH || !isRecord(value)) return [];
  const own = CODE_FIELDS.map((field) => value[field]).flatMap((code) =>
    typeof code === 'string' || typeof code === 'number' ? [String(code).trim().toLowerCase()] : [],
  );
  return [
    ...own,
    ...codesOf(value.error, depth + 1),
    ...codesOf(value.data, depth + 1),
    ...reasonsOf(value.details),
  ];
};

/** Google's ErrorInfo: `details: [{ reason: "API_KEY_INVALID" }]`. */
const reasonsOf = (details: unknown): string[] =>
  [details]
    .flat()
    .slice(0, 10)
    .flatMap((detail) =>
      isRecord(detail) && typeof detail.reason === 'string' ? [detail.reason.trim().toLowerCase()] : [],
    );

const textOfPage = (page: string): string =>
  page
    .slice(0, 20_000)
    .replace(/<(script|style)\b[\s\S]{0,10000}?<\/\1>/gi, ' ')
    .replace(/<[^<>]{0,1000}>/g, ' ');
