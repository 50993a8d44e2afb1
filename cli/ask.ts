import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { CliError, ExitCode } from './errors.ts';
import { canAsk, type Terminal } from './terminal.ts';

/** Asks a question and answers the line. Ctrl-C and Ctrl-D end the command. */
export const ask = (terminal: Terminal, question: string, isHidden = false): Promise<string> =>
  new Promise((resolve, reject) => {
    terminal.err.write(question);
    // In a raw terminal only readline echoes what is typed. The echo of a secret goes nowhere.
    const echo = isHidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : terminal.err;
    const lines = createInterface({ input: terminal.in, output: echo, terminal: true });
    let answer: string | undefined;
    lines.once('line', (line) => {
      answer = line;
      lines.close();
    });
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => {
      if (isHidden) terminal.err.write('\n');
      if (answer === undefined) reject(new CliError('Nothing was changed.', ExitCode.interrupted));
      else resolve(answer);
    });
  });

/** Whether a person says yes; no when there is no terminal. */
export const confirm = async (terminal: Terminal, question: string): Promise<boolean> =>
  canAsk(terminal) && /^y(es)?$/i.test((await ask(terminal, `${question} [y/N] `)).trim());

/** Reads a secret from the keyboard without showing it, or from a pipe. Never from the command line: the shell remembers that. */
export const readSecret = async (terminal: Terminal, question: string): Promise<string> =>
  (canAsk(terminal) ? await ask(terminal, question, true) : await readText(terminal.in)).trim();
