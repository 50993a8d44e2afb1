import { Readable, Writable } from 'node:stream';
import { runStartframe } from '../../cli/program.ts';
import type { Terminal } from '../../cli/terminal.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  /** What comes in by a pipe; or, at a terminal, is typed. */
  readonly typed?: string;
  /** A person at a terminal of so many columns. */
  readonly columns?: number;
  readonly environment?: NodeJS.ProcessEnv;
  readonly folder?: string;
  readonly signal?: AbortSignal;
}

const sink = (isTTY: boolean, columns: number) => {
  const written: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns }), text: () => written.join('') };
};

/** A terminal whose output a test reads; of so many columns, or none. */
export const testTerminal = ({ typed = '', columns, environment = {} }: RunOptions = {}) => {
  const isTTY = columns !== undefined;
  const [out, err] = [sink(isTTY, columns ?? 0), sink(isTTY, columns ?? 0)];
  const terminal: Terminal = {
    in: Object.assign(Readable.from([typed]), { isTTY }),
    out: out.stream,
    err: err.stream,
    hasColor: isTTY && (environment.NO_COLOR ?? '') === '',
  };
  return { terminal, out: out.text, err: err.text };
};

/** Runs a command line as `npx startframe` does, in this process. */
export const startframe = async (words: readonly string[], options: RunOptions = {}): Promise<Ran> => {
  const { environment = {}, folder = '/nowhere', signal = new AbortController().signal } = options;
  const { terminal, out, err } = testTerminal(options);
  const code = await runStartframe(words, { terminal, environment, folder, signal });
  return { code, out: out(), err: err() };
};
