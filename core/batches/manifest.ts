import { isUtf8 } from 'node:buffer';
import * as z from 'zod';
import { type FieldProblem, fieldProblems } from '../request/field-problem.ts';
import { JobRequestBody } from '../request/job-request.ts';
import { jsonProblemOf } from '../request/json-limits.ts';
import { readCsv, UnreadableCsv } from './csv.ts';
import type { ManifestRow } from './manifest-row.ts';

/** A larger manifest must be divided into several batches. */
export const MAX_ROWS = 10_000;

/** A row may be as large as the body of one job request. */
const MAX_ROW_BYTES = 128 * 1024;

/** Why a manifest makes no jobs. */
export interface ManifestProblem {
  readonly code: 'MANIFEST_NOT_UTF8' | 'MANIFEST_UNREADABLE' | 'MANIFEST_EMPTY' | 'MANIFEST_TOO_LONG';
  readonly message: string;
}

/**
 * The rows of a manifest: CSV with a header, or JSONL. Its content says which of the two it is, not its name. A problem of one
 * row leaves the others usable.
 */
export const readManifest = (
  bytes: Uint8Array,
  format?: 'jsonl',
): readonly ManifestRow[] | ManifestProblem => {
  const foreign = foreignEncoding(bytes);
  if (foreign) return { code: 'MANIFEST_NOT_UTF8', message: foreign };
  // The decoder drops a byte order mark. Every line ends with a line feed, also within a cell.
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll(/\r\n?/g, '\n');
  const rows = format === 'jsonl' ? readJsonLines(text) : rowsOf(text);
  if ('code' in rows) return rows;
  if (rows.length === 0) return { code: 'MANIFEST_EMPTY', message: 'The manifest has no rows.' };
  if (rows.length > MAX_ROWS)
    return {
      code: 'MANIFEST_TOO_LONG',
      message: `The manifest has ${rows.length} rows; a batch has at most ${MAX_ROWS}. Divide it.`,
    };
  return rows;
};

const rowsOf = (text: string): readonly ManifestRow[] | ManifestProblem => {
  const start = text.trimStart();
  if (start === '') return [];
  if (start.startsWith('['))
    return {
      code: 'MANIFEST_UNREADABLE',
      message:
        'The manifest is a JSON list. Write one job request a line (JSONL), without the list around them.',
    };
  if (start.startsWith('{')) return readJsonLines(text);
  try {
    return readCsv(text);
  } catch (error) {
    if (!(error instanceof UnreadableCsv)) throw error;
    return { code: 'MANIFEST_UNREADABLE', message: error.message };
  }
};

const readJsonLines = (text: string): ManifestRow[] =>
  text.split('\n').flatMap((content, index): ManifestRow[] => {
    const line = index + 1;
    if (content.trim() === '') return [];
    try {
      return [{ line, request: JSON.parse(content) }];
    } catch {
      return [
        {
          line,
          problems: [{ field: 'row', message: 'The line is not JSON. Write one job request a line.' }],
        },
      ];
    }
  });

const foreignEncoding = (bytes: Uint8Array): string | undefined => {
  const [first = 0, second = 0] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return 'The manifest is UTF-16. Save it as UTF-8 ("CSV UTF-8" in Excel).';
  if (isUtf8(bytes)) return undefined;
  // No byte of a longer character is a line feed, so each line can be checked by itself.
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    const next = end < 0 ? bytes.length : end + 1;
    if (!isUtf8(bytes.subarray(start, next))) break;
    start = next;
  }
  return `Line ${line} of the manifest is not UTF-8. Save it as UTF-8 ("CSV UTF-8" in Excel).`;
};

/** Nobody would see its answer, and the job would be made. */
const DryRun = z.looseObject({ dryRun: z.literal(true) });

/** The job request of a row by the schema of `POST /jobs`, or what is wrong with it. */
export const jobRequestOf = (
  row: ManifestRow,
): { readonly request: JobRequestBody } | { readonly problems: readonly FieldProblem[] } => {
  if (!('request' in row)) return row;
  const unusable = unusableProblem(row.request);
  if (unusable) return { problems: [unusable] };
  const { problems = [] } = row;
  const request = JobRequestBody.safeParse(row.request);
  if (!request.success) return { problems: [...problems, ...fieldProblems(request.error, 'row')] };
  return problems.length > 0 ? { problems } : { request: request.data };
};

/** Why a row is refused before its fields are checked. */
const unusableProblem = (request: unknown): FieldProblem | undefined => {
  const size = Buffer.byteLength(JSON.stringify(request));
  if (size > MAX_ROW_BYTES)
    return { field: 'row', message: `The row has ${size} bytes; it may have ${MAX_ROW_BYTES}.` };
  const jsonProblem = jsonProblemOf(request, 'row');
  if (jsonProblem) return { ...jsonProblem, message: `${jsonProblem.field}: ${jsonProblem.message}.` };
  return DryRun.safeParse(request).success
    ? { field: 'dryRun', message: 'dryRun: only POST /jobs takes a dry run, of one job request.' }
    : undefined;
};
