import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import * as z from 'zod';
import type { Batch } from '../../client/index.ts';
import { type Call, type Context, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { CliError, ExitCode, unansweredRequest, usageError } from '../errors.ts';
import { type LiveLine, liveLine } from '../live-line.ts';
import { factsText } from '../table.ts';
import type { Target } from '../target.ts';
import { printable } from '../terminal.ts';
import { uploadedKey, uploadFile } from '../upload.ts';

export const addBatch = (program: Command, context: Context): void => {
  const command = program
    .command('batch')
    .argument('<file>', 'CSV with a line of names, or JSONL with a job request a line; at most 10,000 rows')
    .summary('request many videos at once')
    .description(
      'Uploads the file, and makes a job of each row. A wrong row is refused, with its line; the others become jobs.',
    )
    .option('--wait', 'wait until every job has ended')
    .option('--key <key>', 'Idempotency-Key: the same upload by the same key is the same batch');
  addExamples(command, [
    ['startframe batch boats.csv --wait', 'exit code 1 unless every row became a video'],
    ['startframe batch boats.jsonl', 'prints the id of the batch'],
  ]);
  const options = z.object({ wait: z.boolean().default(false), key: z.string().optional() });
  onCall(command, context, options, async (call) => {
    const [file = ''] = call.words;
    const target = await call.target();
    const line = liveLine(call.terminal);
    const manifest = uploadedKey(file) ?? (await uploadManifest(call, target, file, line));
    const key = call.options.key ?? randomUUID();
    const keyed = { signal: call.signal, idempotencyKey: key };
    const batch = await target.api.createBatch({ manifest: { key: manifest } }, keyed).catch((error) => {
      throw unansweredRequest(error, key, [manifest]);
    });
    call.say(`Batch ${batch.batchId} at ${target.name}`);
    if (!call.options.wait) return call.answer(batch, batch.batchId);
    await end(call, await follow(call, target, batch.batchId, line));
  });
};

export const addBatchStatus = (program: Command, context: Context): void => {
  const command = program
    .command('batch-status')
    .argument('<id>', 'a batch')
    .summary('how far a batch is, and which rows were refused, and why')
    .option('--wait', 'wait until every job has ended');
  addExamples(command, [['startframe batch-status 9a1b… --wait', '']]);
  onCall(command, context, z.object({ wait: z.boolean().default(false) }), async (call) => {
    const [id = ''] = call.words;
    const target = await call.target();
    if (call.options.wait) return end(call, await follow(call, target, id, liveLine(call.terminal)));
    const batch = await whole(target, id, call.signal);
    call.answer(batch, batchText(batch));
  });
};

const uploadManifest = async (
  { folder, signal }: Pick<Call<object>, 'folder' | 'signal'>,
  { api }: Target,
  name: string,
  line: LiveLine,
): Promise<string> => {
  const file = resolve(folder, name);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw Object.assign(usageError(`There is no file ${file}, or it cannot be read.`), { cause });
  });
  // For S3 only: we tell CSV from JSONL by the content.
  const contentType = /^\.json/i.test(extname(file)) ? 'application/jsonl' : 'text/csv';
  return uploadFile(api, { filename: basename(file), contentType, bytes }, line, signal);
};

const READ_EVERY_MS = 2000;

const follow = async (
  { signal }: Pick<Call<object>, 'signal'>,
  target: Target,
  id: string,
  line: LiveLine,
): Promise<Batch> => {
  try {
    for (;;) {
      const batch = await target.api.showBatch(id, {}, { signal });
      if (batch.status === 'finished' || batch.status === 'failed') return await whole(target, id, signal);
      line.show(`  … ${batch.status}: ${countsText(batch)}`);
      await sleep(READ_EVERY_MS, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new CliError(
      `The batch goes on without you. To see it: startframe batch-status ${id}`,
      ExitCode.interrupted,
    );
  } finally {
    line.end();
  }
};

/** The batch with all its refused rows. */
const whole = async ({ api }: Target, id: string, signal: AbortSignal): Promise<Batch> => {
  const { nextCursor, ...batch } = await api.showBatch(id, {}, { signal });
  const refusedRows = [...(batch.refusedRows ?? [])];
  for (let cursor = nextCursor; cursor !== undefined; ) {
    const page = await api.showBatch(id, { cursor }, { signal });
    refusedRows.push(...(page.refusedRows ?? []));
    cursor = page.nextCursor;
  }
  return { ...batch, refusedRows };
};

/** Shows how the batch ended. A script sees it by the exit code. */
const end = async ({ answer }: Pick<Call<object>, 'answer'>, batch: Batch): Promise<void> => {
  answer(batch, batchText(batch));
  const { accepted, refused, jobs } = batch.counts;
  if (batch.status === 'failed') throw new CliError('The batch failed.');
  const lost = accepted - (jobs.succeeded ?? 0);
  if (lost + refused > 0)
    throw new CliError(`${lost + refused} of ${accepted + refused} rows have no video.`);
};

const jobsText = (jobs: Batch['counts']['jobs']): string =>
  Object.entries(jobs)
    .map(([status, count]) => `${count} ${status}`)
    .join(', ');

const countsText = ({ counts: { rows, accepted, refused, jobs } }: Batch): string =>
  [`${accepted} of ${rows ?? '?'} rows accepted`, refused > 0 ? `${refused} refused` : '', jobsText(jobs)]
    .filter(Boolean)
    .join(', ');

const batchText = (batch: Batch): string => {
  const { rows, accepted, refused, jobs } = batch.counts;
  const facts = factsText([
    ['rows', `${rows ?? 'not known yet'}: ${accepted} accepted, ${refused} refused`],
    ['jobs', jobsText(jobs)],
    ['requested', `${batch.createdAt} by ${batch.owner}`],
    ['failed', batch.failure && `${batch.failure.code}: ${batch.failure.message}`],
  ]);
  const lines = (batch.refusedRows ?? []).map(
    ({ line, message }) => `  ${String(line).padStart(5)}  ${printable(message)}`,
  );
  return [
    `Batch ${batch.batchId}  ${batch.status}`,
    facts,
    ...(lines.length > 0 ? ['\nrefused lines', ...lines] : []),
  ].join('\n');
};
