import { Refusal } from '../http/refusal.ts';
import { type FaultRow, faultRows } from './faults.ts';
import { readTaskWords } from './status-words.ts';

/** A fault as somebody asked for it. */
export interface AskedFault {
  readonly row: FaultRow;
  /** How many times it happens; Infinity: every time. */
  readonly times: number;
  readonly seconds: number | undefined;
  readonly text: string | undefined;
}

const rowsByName = new Map(faultRows.map((row) => [row.name, row]));

/** Reads `429`, `429(2)`, `429(2, 5s)`, `failed(out of memory)`: a number is times, `5s` seconds, the rest text. */
export function parseFault(specification: string): AskedFault {
  const [, name = '', argumentText = ''] = /^\s*([\w-]+)\s*(?:\((.*)\))?\s*$/s.exec(specification) ?? [];
  const row = rowsByName.get(name);
  if (!row) {
    const known = faultRows.map((each) => each.name).join(', ');
    throw new Refusal('invalid', `fault: there is no "${specification}"; there are ${known}`);
  }
  const words = argumentText.split(',').map((word) => word.trim());
  const number = words.find((word) => /^\d+$/.test(word));
  const seconds = words.find((word) => /^\d+(\.\d+)?s$/.test(word));
  const text = words.filter((word) => word !== number && word !== seconds).join(', ');
  if (row.stage === 'task' && row.course === 'words') readTaskWords(text);
  return {
    row,
    times: number === undefined ? (row.times ?? Number.POSITIVE_INFINITY) : Number(number),
    seconds: seconds === undefined ? row.seconds : Number.parseFloat(seconds),
    text: text || undefined,
  };
}

/** The faults a prompt asks for: `[[fault:NAME]]`, as often as one likes. */
export function faultsInPrompt(prompt: string): AskedFault[] {
  return [...prompt.matchAll(/\[\[fault:([^\]]*)\]\]/g)].map(([, specification = '']) =>
    parseFault(specification),
  );
}
