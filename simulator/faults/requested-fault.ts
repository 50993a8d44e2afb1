import { Refusal } from '../http/refusal.ts';
import type { FaultRow } from './fault.ts';
import { faultRows } from './faults.ts';
import { parseStatusWords } from './status-words.ts';

/** A fault with the arguments that a prompt or a script gave it. */
export interface RequestedFault {
  readonly row: FaultRow;
  /** How many times it happens; Infinity: every time. */
  readonly times: number;
  readonly seconds: number | undefined;
  readonly text: string | undefined;
}

const rowsByName = new Map(faultRows.map((row) => [row.name, row]));

/** Reads `429`, `429(2)`, `429(2, 5s)`, `failed(out of memory)`: a number is times, `5s` seconds, the rest text. */
export const parseFault = (specification: string): RequestedFault => {
  const [, name = '', argumentText = ''] = /^\s*([\w-]+)\s*(?:\((.*)\))?\s*$/s.exec(specification) ?? [];
  const row = rowsByName.get(name);
  if (!row) {
    const known = faultRows.map((each) => each.name).join(', ');
    throw new Refusal('invalid', `fault: "${specification}" is unknown; use one of ${known}`);
  }
  const words = argumentText.split(',').map((word) => word.trim());
  const number = words.find((word) => /^\d+$/.test(word));
  const seconds = words.find((word) => /^\d+(\.\d+)?s$/.test(word));
  const text = words.filter((word) => word !== number && word !== seconds).join(', ');
  if (row.stage === 'task' && row.effect === 'status-words') parseStatusWords(text);
  return {
    row,
    times: number === undefined ? (row.times ?? Number.POSITIVE_INFINITY) : Number(number),
    seconds: seconds === undefined ? row.seconds : Number.parseFloat(seconds),
    text: text || undefined,
  };
};

/** The faults in a prompt, each as `[[fault:NAME]]`. */
export const parsePromptFaults = (prompt: string): RequestedFault[] => {
  return [...prompt.matchAll(/\[\[fault:([^\]]*)\]\]/g)].map(([, specification = '']) =>
    parseFault(specification),
  );
};
