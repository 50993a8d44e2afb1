import type { Fault } from './fault.ts';
import { parsePromptFaults, type RequestedFault } from './requested-fault.ts';

/** A rule from POST /_gateway/script: its faults apply to every prompt that contains `match` (to all without one). */
export interface Script {
  readonly match: string | undefined;
  readonly faults: readonly RequestedFault[];
}

type StagedFault<Stage extends Fault['stage']> = RequestedFault & {
  readonly row: Extract<Fault, { stage: Stage }>;
};

/** The faults that are due for one submit and its task. */
export interface PlannedFaults {
  readonly refuse: StagedFault<'refuse'> | undefined;
  readonly accepted: StagedFault<'accepted'> | undefined;
  readonly task: readonly StagedFault<'task'>[];
  readonly poll: readonly StagedFault<'poll'>[];
  readonly file: readonly StagedFault<'file'>[];
  readonly variant: readonly StagedFault<'variant'>[];
}

interface Candidate {
  /** The key of its count: the prompt for a marker, the rule for a script. */
  readonly counter: string;
  readonly fault: RequestedFault;
}

/** Knows which faults are still due. It counts the faults of submits; the task counts those of its polls and downloads. */
export class FaultPlan {
  private readonly scripts: Script[] = [];
  private readonly happened = new Map<string, number>();

  addScript(script: Script): void {
    this.scripts.push(script);
  }

  /** Forgets the scripts alone: what prompts asked for goes on. */
  clearScripts(): void {
    this.scripts.length = 0;
    for (const counter of this.happened.keys())
      if (counter.startsWith('script ')) this.happened.delete(counter);
  }

  clear(): void {
    this.scripts.length = 0;
    this.happened.clear();
  }

  /** Takes the faults of one submit and counts them. Refuses a prompt that names an unknown fault. */
  takeFor(prompt: string): PlannedFaults {
    const candidates = this.candidatesFor(prompt);
    const refuse = this.takeFirst(candidates, 'refuse');
    const variant = candidates.flatMap(at('variant'));
    if (refuse) return { refuse, accepted: undefined, task: [], poll: [], file: [], variant };
    return {
      refuse: undefined,
      accepted: this.takeFirst(candidates, 'accepted'),
      task: candidates
        .filter((candidate) => isAt(candidate.fault, 'task') && this.take(candidate))
        .flatMap(at('task')),
      poll: candidates.flatMap(at('poll')),
      file: candidates.flatMap(at('file')),
      variant,
    };
  }

  private candidatesFor(prompt: string): Candidate[] {
    const marked = parsePromptFaults(prompt).map((fault, index) => ({
      counter: `prompt ${index} ${prompt}`,
      fault,
    }));
    const scripted = this.scripts.flatMap(({ match, faults }, script) =>
      match === undefined || prompt.includes(match)
        ? faults.map((fault, index) => ({ counter: `script ${script} ${index}`, fault }))
        : [],
    );
    return [...marked, ...scripted];
  }

  private takeFirst<Stage extends Fault['stage']>(
    candidates: readonly Candidate[],
    stage: Stage,
  ): StagedFault<Stage> | undefined {
    const due = candidates.find((candidate) => isAt(candidate.fault, stage) && this.take(candidate));
    return due && at(stage)(due)[0];
  }

  private take({ counter, fault }: Candidate): boolean {
    const before = this.happened.get(counter) ?? 0;
    if (before >= fault.times) return false;
    this.happened.set(counter, before + 1);
    return true;
  }
}

const isAt = <Stage extends Fault['stage']>(
  fault: RequestedFault,
  stage: Stage,
): fault is StagedFault<Stage> => fault.row.stage === stage;

const at =
  <Stage extends Fault['stage']>(stage: Stage) =>
  ({ fault }: Candidate): StagedFault<Stage>[] =>
    isAt(fault, stage) ? [fault] : [];
