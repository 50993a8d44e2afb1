import { fitted, isLive, type Terminal, widthOf } from './terminal.ts';

const CLEAR = '\r\u001b[2K';

/** The last line of a terminal, redrawn in place. Without a terminal there is none, only the lines that stay. */
export interface LiveLine {
  show(text: string): void;
  /** A line that stays, above the live one. */
  say(line: string): void;
  end(): void;
}

export const liveLine = (terminal: Terminal): LiveLine => {
  const isShown = isLive(terminal);
  let current = '';
  const draw = (): void => {
    // A line that wraps cannot be redrawn.
    if (isShown) terminal.err.write(`${CLEAR}${fitted(current, widthOf(terminal.err) - 1)}`);
  };
  return {
    show(text) {
      current = text;
      draw();
    },
    say(line) {
      terminal.err.write(`${isShown ? CLEAR : ''}${line}\n`);
      if (current !== '') draw();
    },
    end() {
      if (isShown && current !== '') terminal.err.write(CLEAR);
      current = '';
    },
  };
};

const BAR_COLUMNS = 24;

/** `upload  ████████░░░░  66 %  3.2 MB`; only the part when the whole is not known. */
export const barText = (title: string, done: number, whole: number | undefined): string => {
  if (whole === undefined || whole === 0) return `${title}  ${megabytes(done)}`;
  const part = Math.min(1, done / whole);
  const filled = Math.round(part * BAR_COLUMNS);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_COLUMNS - filled);
  return `${title}  ${bar} ${String(Math.floor(part * 100)).padStart(3)} %  ${megabytes(whole)}`;
};

export const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;
