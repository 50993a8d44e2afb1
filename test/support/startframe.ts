import { Readable, Writable } from 'node:stream';
import { runStartframe } from '../../cli/program.ts';

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

/** Runs a command line as `npx startframe` does, in this process. */
export const startframe = async (words: readonly string[], options: RunOptions = {}): Promise<Ran> => {
  const { typed = '', columns, environment = {}, folder = '/nowhere', signal } = options;
  const isTTY = columns !== undefined;
  const [out, err] = [sink(isTTY, columns ?? 0), sink(isTTY, columns ?? 0)];
  const input = Object.assign(Readable.from([typed]), { isTTY });
  const code = await runStartframe(words, {
    terminal: {
      in: input,
      out: out.stream,
      err: err.stream,
      hasColor: isTTY && (environment.NO_COLOR ?? '') === '',
    },
    environment,
    folder,
    signal: signal ?? new AbortController().signal,
  });
  return { code, out: out.text(), err: err.text() };
};
