export interface Step {
  readonly title: string;
  readonly seconds: number;
}

/** Tells a person what is going on. */
export interface Progress {
  /** Shows the step while it runs and its seconds when it is done. Steps may overlap. */
  step<Result>(title: string, work: () => Promise<Result>): Promise<Result>;
  say(line: string): void;
  /** The steps that were done, in the order in which they ended. */
  readonly steps: readonly Step[];
}

interface Terminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const clearLine = '\r\u001b[2K';

/** Plain lines; on a terminal also a last line, written over and over, of what runs now. */
export const showProgress = (
  terminal: Terminal,
  now: () => number = performance.now.bind(performance),
): Progress => {
  const running = new Map<symbol, { title: string; since: number }>();
  const steps: Step[] = [];
  const live = terminal.isTTY === true;
  let hasFailed = false;
  let timer: NodeJS.Timeout | undefined;

  const secondsSince = (since: number): number => (now() - since) / 1000;
  const drawRunning = (): void => {
    if (!live || running.size === 0) return;
    const shown = [...running.values()].map(
      ({ title, since }) => `${title} ${secondsSince(since).toFixed(0)} s`,
    );
    // A line that wraps could not be written over.
    const line = `  … ${shown.join(', ')}`.slice(0, (terminal.columns ?? 80) - 1);
    terminal.write(`${clearLine}${line}`);
  };
  const say = (line: string): void => {
    terminal.write(`${live ? clearLine : ''}${line}\n`);
    drawRunning();
  };

  return {
    steps,
    say,
    async step(title, work) {
      const id = Symbol(title);
      const since = now();
      running.set(id, { title, since });
      // Not to keep the process alive when everything else is done.
      timer ??= live ? setInterval(drawRunning, 250).unref() : undefined;
      drawRunning();
      let mark = '✗';
      try {
        const result = await work();
        mark = '✓';
        return result;
      } finally {
        running.delete(id);
        const seconds = secondsSince(since);
        steps.push({ title, seconds });
        // What fails after the first was ended because of it.
        if (mark === '✓' || !hasFailed) say(`  ${mark} ${title}  ${seconds.toFixed(1)} s`);
        hasFailed ||= mark === '✗';
        if (running.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
      }
    },
  };
};

/** For tests: keeps the seconds, says nothing. */
export const silentProgress = (): Progress => showProgress({ write: () => undefined });
