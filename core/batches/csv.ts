import { type CsvError, parse } from 'csv-parse/sync';
import * as z from 'zod';
import type { FieldProblem } from '../request/field-problem.ts';
import { problem } from '../request/parameters.ts';
import { Unreadable } from '../request/requested-parameters.ts';
import {
  type Field,
  fieldNamed,
  readTextFields,
  type Spelling,
  type TextFields,
  unreadableVideo,
} from '../request/text-fields.ts';
import type { ManifestRow } from './manifest-row.ts';

/** The text is no table: its columns, or the end of a row, cannot be told. None of its rows is used. */
export class UnreadableCsv extends Error {
  override readonly name = 'UnreadableCsv';
}

/**
 * The rows of a CSV with a header. Columns have the names of a drop's metadata; every other column is metadata of the job. An
 * empty cell counts as left out. @throws UnreadableCsv
 */
export const readCsv = (text: string): ManifestRow[] => {
  const { records, refused } = parseRecords(text, delimiterOf(text));
  const [header, ...rows] = records.filter(({ cells }) => cells.some((cell) => cell !== ''));
  const columns = columnsOf(header?.cells ?? []);
  return [...rows.map((row) => rowOf(columns, row)), ...refused].sort((one, other) => one.line - other.line);
};

/** Programs write CSV: numbers without a unit, `true` and `false`. Any other name of a frame is the key of an upload. */
const spelling: Spelling = {
  yes: /^true$/i,
  no: /^false$/i,
  frame: (name) => ({ key: name }),
  video: unreadableVideo,
};

// `aspect-ratio`, `aspect_ratio` and `aspectRatio` are one column.
const fieldOf = (column: string): Field | undefined => fieldNamed(column.trim());

/** Comma, semicolon or tab: the one that shows the most known columns in the header. */
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
  let csvError: CsvError | undefined;
  const found: unknown[] = parse(text, {
    delimiter,
    record_delimiter: '\n',
    trim: true,
    info: true,
    raw: true,
    // `rowOf` checks the number of cells, a row at a time.
    relax_column_count: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      // A cell that does not begin with a quote ends with its line, whatever quotes are in it.
      if (error?.code === 'INVALID_OPENING_QUOTE')
        refused.push(refusal(z.number().parse(error.lines), 'a quote stands inside a cell without quotes'));
      else csvError ??= error;
      return undefined;
    },
  });
  const rows = z.array(Found).parse(found);
  if (csvError) {
    const line =
      csvError.code === 'CSV_QUOTE_NOT_CLOSED' ? (rows.at(-1)?.info.lines ?? 0) + 1 : String(csvError.lines);
    throw new UnreadableCsv(
      `The quotes in line ${line} are broken, so the end of its row cannot be told. Write a quote within a quoted cell twice.`,
      { cause: csvError },
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
  const fields: Partial<Record<Field, string>> = {};
  const metadata: [string, string][] = [];
  for (const [index, text] of cells.entries()) {
    if (text === '') continue;
    const column = columns[index] ?? '';
    if (column === '') return refusal(line, 'a cell stands in a column without a name');
    const field = fieldOf(column);
    if (field) fields[field] = text;
    else metadata.push([column, text]);
  }
  return typedRow(line, fields, Object.fromEntries(metadata));
};

const typedRow = (
  line: number,
  fields: TextFields,
  metadata: Readonly<Record<string, string>>,
): ManifestRow => {
  const values = Object.entries(readTextFields(fields, spelling));
  const problems = values.flatMap(([field, value]): FieldProblem[] =>
    value instanceof Unreadable ? [problem(field, value.text, value.expected)] : [],
  );
  const readable = values.filter(([, value]) => !(value instanceof Unreadable));
  return {
    line,
    request: { ...Object.fromEntries(readable), metadata },
    ...(problems.length > 0 ? { problems } : {}),
  };
};
