import type { LiveLine } from './live-line.ts';

export interface Step {
  readonly title: string;
  readonly seconds: number;
}

/** Shows a person what a program does. */
export interface Progress {
  /** Shows the step while it runs, and its seconds when it is done. Steps may overlap. */
  step<Result>(title: string, work: () => Promise<Result>): Promise<Result>;
  say(line: string): void;
  /** The steps that are done, in the order in which they ended. */
  readonly steps: readonly Step[];
}

const REDRAW_MS = 250;

/** One plain line for each step that is done; on a terminal a last line shows what runs now. */
export const showProgress = (
  line: LiveLine,
  now: () => number = performance.now.bind(performance),
): Progress => {
  const running = new Map<symbol, { title: string; since: number }>();
  const steps: Step[] = [];
  let hasFailed = false;
  let timer: NodeJS.Timeout | undefined;

  const secondsSince = (since: number): number => (now() - since) / 1000;
  const draw = (): void => {
    const shown = [...running.values()].map(
      ({ title, since }) => `${title} ${secondsSince(since).toFixed(0)} s`,
    );
    line.show(`  … ${shown.join(', ')}`);
  };
  const start = (id: symbol, title: string): number => {
    const since = now();
    running.set(id, { title, since });
    // Unreferenced: it does not keep the process alive.
    timer ??= setInterval(draw, REDRAW_MS).unref();
    draw();
    return since;
  };
  const stop = (id: symbol): void => {
    running.delete(id);
    if (running.size > 0) draw();
    else {
      clearInterval(timer);
      timer = undefined;
      line.end();
    }
  };

  return {
    steps,
    say: line.say,
    async step(title, work) {
      const id = Symbol(title);
      const since = start(id, title);
      let hasEnded = false;
      try {
        const result = await work();
        hasEnded = true;
        return result;
      } finally {
        stop(id);
        const seconds = secondsSince(since);
        steps.push({ title, seconds });
        // Steps that fail after the first were ended because of it.
        if (hasEnded || !hasFailed) line.say(`  ${hasEnded ? '✓' : '✗'} ${title}  ${seconds.toFixed(1)} s`);
        hasFailed ||= !hasEnded;
      }
    },
  };
};

const silentLine: LiveLine = { show: () => undefined, say: () => undefined, end: () => undefined };

/** For tests: keeps the seconds, shows nothing. */
export const silentProgress = (): Progress => showProgress(silentLine);
