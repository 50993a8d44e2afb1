import { type CsvError, parse } from 'csv-parse/sync';
import * as z from 'zod';
import { JobRequestBody } from '../request/job-request.ts';
import { normalizeName } from '../request/parameters.ts';
import type { ManifestRow } from './manifest-row.ts';

/** The table cannot be read as one: nobody knows what its columns are, or where a row ends. Nothing of it is believed. */
export class UnreadableCsv extends Error {
  override readonly name = 'UnreadableCsv';
}

/**
 * The rows of a CSV with a header: columns by the words of a drop's metadata, and what says nothing about the video is
 * metadata. An empty cell says nothing. @throws UnreadableCsv
 */
export const readCsv = (text: string): ManifestRow[] => {
  const { records, refused } = parseRecords(text, delimiterOf(text));
  const [header, ...rows] = records.filter(({ cells }) => cells.some((cell) => cell !== ''));
  const columns = columnsOf(header?.cells ?? []);
  return [...rows.map((row) => rowOf(columns, row)), ...refused].sort((one, other) => one.line - other.line);
};

/** `aspect-ratio`, `aspect_ratio` and `aspectRatio` are one column, as in a drop's metadata. */
const fieldByWord = new Map<string, string>([
  ...Object.keys(JobRequestBody.shape)
    .filter((field) => field !== 'metadata')
    .map((field): [string, string] => [normalizeName(field), field]),
  ['duration', 'durationSeconds'],
]);

const fieldOf = (column: string): string | undefined => fieldByWord.get(normalizeName(column.trim()));

/** Of the usual three the one that shows the most columns we know. */
const delimiterOf = (text: string): string => {
  const [header = ''] = text.trimStart().split('\n', 1);
  const known = (delimiter: string) =>
    header.split(delimiter).filter((cell) => fieldOf(cell.replaceAll('"', '')) !== undefined).length;
  return [',', ';', '\t'].reduce((best, other) => (known(other) > known(best) ? other : best));
};

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

const Found = z.object({
  record: z.array(z.string()),
  raw: z.string(),
  /** The line in which the record ends. */
  info: z.object({ lines: z.number() }),
});

const parseRecords = (text: string, delimiter: string): { records: Row[]; refused: ManifestRow[] } => {
  const refused: ManifestRow[] = [];
  let trouble: CsvError | undefined;
  const found: unknown[] = parse(text, {
    delimiter,
    record_delimiter: '\n',
    trim: true,
    info: true,
    raw: true,
    // Looked at below, a row at a time.
    relax_column_count: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      // A cell that does not begin with a quote ends with its line, whatever quotes are in it.
      if (error?.code === 'INVALID_OPENING_QUOTE')
        refused.push(refusal(z.number().parse(error.lines), 'a quote stands inside a cell without quotes'));
      else trouble ??= error;
      return undefined;
    },
  });
  const rows = z.array(Found).parse(found);
  if (trouble) {
    const line =
      trouble.code === 'CSV_QUOTE_NOT_CLOSED' ? (rows.at(-1)?.info.lines ?? 0) + 1 : String(trouble.lines);
    throw new UnreadableCsv(
      `The quotes in line ${line} are broken, so nobody knows where its row ends. A quote within a cell in quotes is written twice.`,
      { cause: trouble },
    );
  }
  const firstLine = ({ raw, info }: (typeof rows)[number]) =>
    info.lines - raw.trimEnd().split('\n').length + 1;
  return { records: rows.map((row) => ({ cells: row.record, line: firstLine(row) })), refused };
};

const refusal = (line: number, what: string): ManifestRow => ({
  line,
  problems: [{ field: 'row', message: `The row cannot be read: ${what}.` }],
});

const columnsOf = (header: readonly string[]): readonly string[] => {
  const columns = header.map((column) => fieldOf(column) ?? column);
  if (!header.some(fieldOf))
    throw new UnreadableCsv(
      'The manifest is neither JSONL (each line begins with {) nor CSV whose first line names columns such as frame, prompt and model.',
    );
  const twice = columns.find((column, index) => column !== '' && columns.indexOf(column) !== index);
  if (twice !== undefined)
    throw new UnreadableCsv(`The first line names the column ${twice.slice(0, 100)} twice.`);
  return columns;
};

const rowOf = (columns: readonly string[], { cells, line }: Row): ManifestRow => {
  if (cells.length !== columns.length)
    return refusal(line, `it has ${cells.length} cells, and the first line names ${columns.length} columns`);
  const said = cells
    .map((text, index) => ({ column: columns[index] ?? '', text }))
    .filter(({ text }) => text !== '');
  if (said.some(({ column }) => column === ''))
    return refusal(line, 'a cell stands in a column without a name');
  const isField = ({ column }: { column: string }) => fieldOf(column) !== undefined;
  const metadata = said.filter((cell) => !isField(cell)).map(({ column, text }) => [column, text]);
  const fields = said.filter(isField).map(({ column, text }) => [column, fieldValue(column, text)]);
  return { line, order: { ...Object.fromEntries(fields), metadata: Object.fromEntries(metadata) } };
};

/** A cell as an order's field. What is no number, list or map stays text, and the order's schema says what it should be. */
const fieldValue = (field: string, text: string): unknown => {
  switch (field) {
    case 'frame':
    case 'lastFrame':
      return frameNamed(text);
    case 'referenceFrames':
      return text.startsWith('[') ? listOf(text) : [frameNamed(text)];
    case 'video':
      return videoNamed(text);
    case 'extra':
      return jsonOr(text);
    case 'durationSeconds':
    case 'videoCount':
      return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'enhancePrompt':
    case 'enableUpsample':
      return /^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : text;
    default:
      return text;
  }
};

const frameNamed = (name: string): unknown => {
  if (/^s3:\/\//i.test(name)) return { s3Uri: name };
  return /^https?:\/\//i.test(name) ? { url: name } : { key: name };
};

const videoNamed = (name: string): unknown => {
  if (/^job:/.test(name)) return { jobId: name.slice('job:'.length) };
  return /^s3:\/\//i.test(name) ? { s3Uri: name } : { uri: name };
};

const listOf = (text: string): unknown => {
  const names = z.array(z.string()).safeParse(jsonOr(text));
  return names.success ? names.data.map(frameNamed) : text;
};

const jsonOr = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
