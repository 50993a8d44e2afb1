import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { CliError, ExitCode } from './errors.ts';
import { canAsk, type Terminal } from './terminal.ts';

/** Asks, and answers the line. Ctrl-C and Ctrl-D end the command. */
export const ask = (terminal: Terminal, question: string, isHidden = false): Promise<string> =>
  new Promise((resolve, reject) => {
    terminal.err.write(question);
    // What is typed is shown by readline, which in a raw terminal nobody else does: a secret's goes nowhere.
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

/** Whether a person says yes. Nobody there is a no. */
export const confirm = async (terminal: Terminal, question: string): Promise<boolean> =>
  canAsk(terminal) && /^y(es)?$/i.test((await ask(terminal, `${question} [y/N] `)).trim());

/** A secret from the keyboard, not shown; or from a pipe. Never from the command line, which the shell remembers. */
export const readSecret = async (terminal: Terminal, question: string): Promise<string> =>
  (canAsk(terminal) ? await ask(terminal, question, true) : await readText(terminal.in)).trim();
