import type { Readable, Writable } from 'node:stream';

type Stream<Direction> = Direction & { readonly isTTY?: boolean; readonly columns?: number };

/** Where a command reads and writes. Results go to `out`, everything else to `err`, so that `out` can be piped. */
export interface Terminal {
  readonly in: Stream<Readable>;
  readonly out: Stream<Writable>;
  readonly err: Stream<Writable>;
  /** Colours are shown: a terminal, and no NO_COLOR (https://no-color.org). */
  readonly hasColor: boolean;
}

export const terminalOf = (
  { stdin, stdout, stderr }: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>,
  environment: NodeJS.ProcessEnv,
): Terminal => ({
  in: stdin,
  out: stdout,
  err: stderr,
  hasColor: stdout.isTTY === true && (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb',
});

/** Whether a person can be asked. */
export const canAsk = ({ in: input, err }: Terminal): boolean => input.isTTY === true && err.isTTY === true;

/** Whether a line can be redrawn. */
export const isLive = ({ err }: Terminal): boolean => err.isTTY === true;

export const widthOf = ({ columns }: { readonly columns?: number }): number => columns ?? 80;

const COLORS = { red: 31, green: 32, yellow: 33, blue: 34, dim: 2, bold: 1 } as const;
export type Color = keyof typeof COLORS;

export const paint = ({ hasColor }: Pick<Terminal, 'hasColor'>, color: Color, text: string): string =>
  hasColor ? `\u001b[${COLORS[color]}m${text}\u001b[0m` : text;

/** Foreign text on one line, without control characters that a terminal would obey. */
export const printable = (text: string): string =>
  // Cc are the control characters, Cf those that turn the direction of writing and the like.
  text.replaceAll(/\s+/gu, ' ').replaceAll(/\p{Cc}|\p{Cf}/gu, '�');

const segments = new Intl.Segmenter();
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u;

/** Columns that a text takes on a terminal. */
export const columnsOf = (text: string): number =>
  [...segments.segment(text)].reduce((sum, { segment }) => sum + (WIDE.test(segment) ? 2 : 1), 0);

/** The text, cut to this many columns. */
export const fitted = (text: string, columns: number): string => {
  if (columnsOf(text) <= columns) return text;
  let [kept, width] = ['', 0];
  for (const { segment } of segments.segment(text)) {
    width += columnsOf(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return columns < 1 ? '' : `${kept}…`;
};
