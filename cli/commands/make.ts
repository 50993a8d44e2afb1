import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import * as z from 'zod';
import type { CreateJobRequest, DryRun, Job } from '../../client/index.ts';
import { type Call, type Context, onCall } from '../command.ts';
import { addExamples } from '../command-line.ts';
import { downloadVideo, videoFile } from '../download.ts';
import { CliError, ExitCode, unansweredRequest, usageError } from '../errors.ts';
import { expectVideo, followAtTerminal } from '../follow.ts';
import { jobText } from '../job-text.ts';
import { type LiveLine, liveLine } from '../live-line.ts';
import { dollars, listPriceText } from '../money-text.ts';
import { factsText } from '../table.ts';
import type { Target } from '../target.ts';
import { frameOf } from '../upload.ts';

const Seconds = z.string().regex(/^\d+$/, 'a number of seconds').transform(Number);

const MakeOptions = z.object({
  prompt: z.string().optional(),
  provider: z.string().optional(),
  model: z.string().optional(),
  aspectRatio: z.string().optional(),
  resolution: z.string().optional(),
  duration: Seconds.optional(),
  negativePrompt: z.string().optional(),
  lastFrame: z.string().optional(),
  reference: z.array(z.string()).optional(),
  continue: z.string().optional(),
  extra: z.string().optional(),
  priority: z.enum(['high', 'normal', 'low'], 'high, normal or low').optional(),
  webhookUrl: z.string().optional(),
  metadata: z.array(z.string().regex(/^[^=]+=/, 'name=text')).default([]),
  key: z.string().optional(),
  dryRun: z.boolean().default(false),
  wait: z.boolean().default(false),
  out: z.string().optional(),
});
type MakeOptions = z.infer<typeof MakeOptions>;

const collect = (word: string, words: string[] = []): string[] => [...words, word];

export const addMake = (program: Command, context: Context): void => {
  const command = program
    .command('make')
    .argument('[image]', 'a PNG, JPEG or WebP: a file, an https address or s3://bucket/key')
    .summary('make a video of a picture, or of a prompt alone')
    .description(
      'Requests a video. The stage’s defaults fill in what you leave out. Prints the id of the job; with --wait each step.',
    )
    .option('-p, --prompt <text>', 'what happens in the video')
    .option('-o, --out <file>', 'wait, and write the video to this file or folder')
    .option('--wait', 'wait until the job has ended')
    .option('--dry-run', 'only check and price it, make no job')
    .option('--model <name>', 'startframe models lists them')
    .option('--provider <id>', 'a provider that offers the model')
    .option('--aspect-ratio <ratio>', '16:9, 9:16 or auto')
    .option('--resolution <lines>', '720p, 1080p or 4k')
    .option('--duration <seconds>', 'a length that the model makes')
    .option('--negative-prompt <text>', 'what must not appear')
    .option('--last-frame <image>', 'the picture that the video ends with')
    .option('--reference <image>', 'a picture of what must appear; may be repeated', collect)
    .option('--continue <video>', 'a job, an https address or s3://bucket/key to go on from')
    .option('--extra <json>', 'fields to pass to the provider unchanged')
    .option('--priority <which>', 'high, normal or low: the order in which jobs leave the queue')
    .option('--webhook-url <url>', 'a public https address that gets the job’s events')
    .option('--metadata <name=text>', 'comes back in events; may be repeated', collect)
    .option(
      '--key <key>',
      'Idempotency-Key: a request with the same key is the same job, and is not charged again',
    );
  addExamples(command, [
    ['startframe make boat.png -p "The boat drifts towards the sun." -o boat.mp4', ''],
    ['startframe make -p "A paper boat at sea." --wait', 'no picture'],
    ['startframe make boat.png --model veo3.1 --dry-run', 'what would it cost?'],
    ['id=$(startframe make boat.png --json | jq -r .jobId)', 'in a script'],
  ]);
  onCall(command, context, MakeOptions, make);
};

const make = async (call: Call<MakeOptions>): Promise<void> => {
  const { options, terminal, folder, signal } = call;
  const target = await call.target();
  const line = liveLine(terminal);
  const request = await requestOf(call, target, line);
  const key = options.key ?? randomUUID();
  const made = await target.api
    .createJob(request, { signal, idempotencyKey: key })
    .catch((error: unknown) => {
      throw unansweredRequest(error, key, uploadsOf(request));
    });
  if ('dryRun' in made) return answerDryRun(call, made);
  call.say(`Job ${made.jobId} at ${target.name}: ${made.model ?? ''}, ${listPriceText(made.priceMicros)}`);
  if (!options.wait && options.out === undefined) return call.answer(made, made.jobId);
  const job = await followAtTerminal(target, made.jobId, terminal, signal);
  await finish(
    call,
    target,
    job,
    options.out === undefined ? undefined : videoFile(options.out, folder, job),
    line,
  );
};

/** Ends a command that waited for a job: with the video's file, or with why there is none. */
export const finish = async (
  {
    terminal,
    answer,
    signal,
    options: { json },
  }: Pick<Call<object>, 'terminal' | 'answer' | 'signal' | 'options'>,
  { api }: Pick<Target, 'api'>,
  job: Job,
  file: string | undefined,
  line: LiveLine,
): Promise<void> => {
  // A program reads the failure in the job, beside the exit code.
  if (json && job.status !== 'succeeded') answer(job, '');
  expectVideo(job);
  if (file === undefined) return answer(job, jobText(terminal, job));
  try {
    await downloadVideo(api, job, file, line, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new CliError(
      `The video is ready. To get it: startframe get ${job.jobId} -o FILE.mp4`,
      ExitCode.interrupted,
    );
  }
  answer({ ...job, file }, file);
};

const requestOf = async (
  { words: [image], options, folder, signal }: Call<MakeOptions>,
  { api }: Target,
  line: LiveLine,
): Promise<CreateJobRequest> => {
  const frame = (name: string) => frameOf(name, api, folder, line, signal);
  const { prompt, provider, model, aspectRatio, resolution, negativePrompt, duration, reference, priority } =
    options;
  const extra = options.extra === undefined ? undefined : parsedExtra(options.extra);
  return {
    ...(image === undefined ? {} : { frame: await frame(image) }),
    lastFrame: options.lastFrame === undefined ? undefined : await frame(options.lastFrame),
    referenceFrames: reference && (await Promise.all(reference.map(frame))),
    video: options.continue === undefined ? undefined : videoNameOf(options.continue),
    prompt,
    provider,
    model,
    aspectRatio,
    resolution,
    negativePrompt,
    durationSeconds: duration,
    extra,
    priority,
    webhookUrl: options.webhookUrl,
    metadata: Object.fromEntries(options.metadata.map(splitAtEquals)),
    ...(options.dryRun ? { dryRun: true } : {}),
  };
};

const uploadsOf = ({ frame, lastFrame, referenceFrames = [] }: CreateJobRequest): string[] =>
  [frame, lastFrame, ...referenceFrames].flatMap((name) => (name && 'key' in name ? [name.key] : []));

const splitAtEquals = (text: string): [string, string] => {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
};

const videoNameOf = (name: string): NonNullable<CreateJobRequest['video']> => {
  if (/^s3:\/\//i.test(name)) return { s3Uri: name };
  return /^[a-z]+:\/\//i.test(name) ? { uri: name } : { jobId: name };
};

const Extra = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const parsedExtra = (json: string): z.infer<typeof Extra> => {
  try {
    return Extra.parse(JSON.parse(json));
  } catch (cause) {
    throw Object.assign(usageError('--extra must be a JSON object such as {"audio_type":"speech"}.'), {
      cause,
    });
  }
};

const answerDryRun = ({ answer }: Pick<Call<object>, 'answer'>, dryRun: DryRun): void => {
  const { scene, parameters, priceMicros, problems, waiting, budget } = dryRun;
  const facts = factsText([
    ['made by', `${parameters.model} at ${parameters.provider}`],
    ['made from', scene],
    ['shape', `${parameters.aspectRatio}, ${parameters.resolution}, ${parameters.durationSeconds} s`],
    ['list price', dollars(priceMicros) ?? 'unknown'],
    [
      'budget',
      budget && `${dollars(budget.leftMicros)} of ${dollars(budget.limitMicros)} left for ${budget.day}`,
    ],
    ['would wait', waiting?.message],
    ...problems.map(({ code, message, advice }) => ['would fail', `${code}: ${message} ${advice}`] as const),
    ...dryRun.notes.map((note) => ['note', note] as const),
  ]);
  answer(dryRun, `Dry run: no job was made.\n${facts}`);
};
