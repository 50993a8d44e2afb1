import { columnsOf, fitted, paint, printable, type Terminal, widthOf } from './terminal.ts';

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string | undefined;
  /** How narrow the column may become on a narrow terminal. */
  readonly shrinksTo?: number;
  readonly isRight?: true;
}

const GAP = '  ';

/** Rows as text, at most as wide as the terminal; without a terminal nothing is cut. */
export const tableText = <Row>(
  terminal: Terminal,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): string => {
  const cells = rows.map((row) => columns.map(({ of }) => printable(of(row) ?? '')));
  // An empty column is left out.
  const used = columns
    .map((column, index) => ({ column, index }))
    .filter(({ index }) => cells.some((row) => row[index] !== ''));
  const natural = used.map(({ column, index }) =>
    Math.max(columnsOf(column.title), ...cells.map((row) => columnsOf(row[index] ?? ''))),
  );
  const widths = terminal.out.isTTY === true ? shrunk(natural, used, widthOf(terminal.out)) : natural;
  const line = (texts: readonly string[]): string =>
    used
      .map(({ column }, at) => padded(texts[at] ?? '', widths[at] ?? 0, column.isRight === true))
      .join(GAP)
      .trimEnd();
  const titles = line(used.map(({ column }) => column.title));
  return [
    paint(terminal, 'dim', titles),
    ...cells.map((row) => line(used.map(({ index }) => row[index] ?? ''))),
  ].join('\n');
};

const shrunk = <Row>(
  natural: readonly number[],
  used: readonly { readonly column: Column<Row> }[],
  width: number,
): number[] => {
  const widths = [...natural];
  const total = () => widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1));
  // The last columns shrink first.
  for (let at = widths.length - 1; at >= 0; at -= 1) {
    const least = used[at]?.column.shrinksTo;
    const over = total() - width;
    if (over <= 0) break;
    if (least !== undefined)
      widths[at] = Math.max(Math.min(least, widths[at] ?? 0), (widths[at] ?? 0) - over);
  }
  return widths;
};

const padded = (text: string, width: number, isRight: boolean): string => {
  const shown = fitted(text, width);
  const space = ' '.repeat(Math.max(0, width - columnsOf(shown)));
  return isRight ? space + shown : shown + space;
};

/** One line `name   text` for each fact that has a text. */
export const factsText = (facts: readonly (readonly [string, string | undefined])[]): string => {
  const shown = facts.filter((fact): fact is readonly [string, string] => (fact[1] ?? '') !== '');
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, text]) => `  ${name.padEnd(width)}  ${printable(text)}`).join('\n');
};
