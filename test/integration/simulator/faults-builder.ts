import type { Fault } from '../../../simulator/faults/fault.ts';
import { faultRows } from '../../../simulator/faults/faults.ts';
import { gateway, pictures, promptWith, setUpGateway, tried } from './gateway-builder.ts';
import { accept, download, outputOf, submit } from './support.ts';

export let image: string;
export let whole: Buffer;

export const submitWith = (fault: string) => submit(gateway, { prompt: promptWith(fault), image });
export const acceptWith = (fault: string) => accept(gateway, { prompt: promptWith(fault), image });
export const outputWith = async (fault: string) => outputOf(gateway, (await acceptWith(fault)).id);
/** Compares by hand: toEqual takes seconds for millions of bytes. */
export const isWhole = (bytes: Buffer) => bytes.equals(whole);
/** Reads at most this much of a body that unpacks to a gigabyte. */
export async function unpack(response: Response, atMost: number) {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length <= 32_000_000) chunks.push(chunk);
    if (length > atMost) break;
  }
  return { start: Buffer.concat(chunks), length, packed: Number(response.headers.get('content-length')) };
}
export const taskOf = (id: string) => gateway.ledger().tasks.find((task) => task.id === id);

/** Which test file tries the faults of a stage. The variants of an answer are tried by the tests of their dialects. */
const fileOf: Record<Exclude<Fault['stage'], 'variant'>, 'submits' | 'tasks' | 'files'> = {
  refuse: 'submits',
  accepted: 'submits',
  task: 'tasks',
  poll: 'tasks',
  file: 'files',
};

/** The rows of the table that a test file has to try, and has not. */
export const untried = (file: (typeof fileOf)[keyof typeof fileOf]): readonly string[] =>
  faultRows
    .filter((row) => row.stage !== 'variant' && fileOf[row.stage] === file)
    .map(({ name }) => name)
    .filter((name) => !tried.has(name));

/** A gateway, a frame for it and the film it makes, for the tests of one file: call it before they are declared. */
export const setUpFaults = (): void => {
  setUpGateway();
  beforeAll(async () => {
    image = `${pictures.url}/frame.jpg`;
    whole = await download(await outputOf(gateway, (await accept(gateway, { prompt: 'A boat', image })).id));
  }, 300_000);
};
