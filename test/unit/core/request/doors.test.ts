import { jobRequestOf, readManifest } from '../../../../core/batches/manifest.ts';
import { readDropMetadata } from '../../../../core/request/drop-metadata.ts';
import { CreateJobRequest } from '../../../../core/request/job-request.ts';
import type { RequestedParameters } from '../../../../core/request/requested-parameters.ts';
import { checkParameters } from '../../../../core/request/validate-parameters.ts';
import { providerSettings, runtimeSettings } from '../../../support/jobs.ts';

// A request comes through one of four doors. Behind each of them the same rules hold, and the caller reads the same errors.

const stage = runtimeSettings({
  defaults: { prompt: 'Move.', model: 'veo-3.1-generate-preview' },
  providers: {
    google: providerSettings({ dialect: 'gemini', models: ['veo-3.1-generate-preview'] }),
    gateway: providerSettings(),
  },
});

type Body = Readonly<Record<string, unknown>>;

/** A value as people write it in metadata or a cell. */
const textOf = (value: unknown): string => {
  if (Array.isArray(value)) return JSON.stringify(value.map(textOf));
  if (typeof value !== 'object' || value === null) return String(value);
  if ('s3Uri' in value) return String(value.s3Uri);
  if ('url' in value) return String(value.url);
  return 'jobId' in value ? `job:${value.jobId}` : JSON.stringify(value);
};

const rowOf = (manifest: string): RequestedParameters => {
  const rows = readManifest(Buffer.from(manifest));
  if ('code' in rows || !rows[0]) throw new Error('The manifest has no row.');
  const read = jobRequestOf(rows[0]);
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.request;
};

const doors: Readonly<Record<string, (body: Body) => RequestedParameters>> = {
  'the body of POST /jobs': (body) => CreateJobRequest.parse(body),
  'a row of JSONL': (body) => rowOf(JSON.stringify(body)),
  'a row of CSV': (body) => {
    const quoted = Object.values(body).map((value) => `"${textOf(value).replaceAll('"', '""')}"`);
    return rowOf(`${Object.keys(body).join(',')}\n${quoted.join(',')}`);
  },
  'the metadata of a drop': (body) =>
    readDropMetadata(Object.fromEntries(Object.entries(body).map(([name, value]) => [name, textOf(value)])))
      .requested,
};

const resultsOf = (body: Body, hasStartFrame: boolean) =>
  Object.values(doors).map((read) => {
    const checked = checkParameters(read(body), stage, { hasStartFrame });
    return 'problems' in checked ? checked : { ...checked, problems: [] };
  });

const s3Uri = 's3://frames/a.png';

describe('every door refuses, with the same words and the same closest value', () => {
  it.each<[string, Body, boolean?]>([
    ['provider', { provider: 'nobody' }],
    ['model', { model: 'sora' }],
    ['prompt', { prompt: 'x'.repeat(5001) }],
    ['prompt', { prompt: 'a\u0007b' }],
    ['negativePrompt', { negativePrompt: 'x'.repeat(5001) }],
    ['aspectRatio', { aspectRatio: '1:1' }],
    ['resolution', { resolution: '8k' }],
    ['durationSeconds', { durationSeconds: 5 }],
    ['durationSeconds', { durationSeconds: 6, resolution: '1080p' }],
    ['videoCount', { videoCount: 9 }],
    ['videoCount', { videoCount: 1.5 }],
    ['personGeneration', { personGeneration: 'everybody' }],
    ['enableUpsample', { enableUpsample: true }],
    ['extra', { extra: { aspectRatio: '1:1' } }],
    ['extra', { extra: { 'a b': 1 } }],
    ['extra', { extra: { a: 'x'.repeat(1001) } }],
    ['priority', { priority: 'urgent' }],
    ['lastFrame', { lastFrame: { s3Uri }, prompt: 'A boat.' }, false],
    ['referenceFrames', { referenceFrames: [{ s3Uri }, { url: 'https://a.example/b?c' }] }],
    ['video', { video: { jobId: 'abc' } }],
    ['video', { video: { s3Uri }, provider: 'gateway', prompt: 'A boat.' }, false],
  ])('%s: %j', (field, body, hasStartFrame = true) => {
    const [first, ...others] = resultsOf(body, hasStartFrame);
    expect(first?.problems).toMatchObject([{ field }]);
    for (const other of others) expect(other).toEqual(first);
  });
});

it.each<[Body, boolean?]>([
  [{ prompt: 'A shoe.', durationSeconds: 6, resolution: '720p', aspectRatio: '9:16' }],
  [{ enhancePrompt: false, videoCount: 2, negativePrompt: 'rain', personGeneration: 'allow_adult' }],
  [{ lastFrame: { s3Uri }, priority: 'high' }],
  [{ extra: { seed: 7, is_rec: true, style: 'film' } }],
  [{ prompt: 'A boat.', referenceFrames: [{ s3Uri }, { url: 'https://a.example/b' }] }, false],
  [{ prompt: 'A boat.', video: { jobId: 'abc' } }, false],
])('every door takes %j as the same request', (body, hasStartFrame = true) => {
  const [first, ...others] = resultsOf(body, hasStartFrame);
  expect(first).toMatchObject({ parameters: expect.any(Object), problems: [] });
  for (const other of others) expect(other).toEqual(first);
});

describe('a text that its field cannot be read from is shown as it was written', () => {
  it.each([
    ['durationSeconds', 'long'],
    ['videoCount', 'many'],
    ['enhancePrompt', 'maybe'],
    ['extra', 'speech'],
    ['referenceFrames', '[1'],
    ['video', 'ftp://a.example/v.mp4'],
  ])('%s %s', (field, text) => {
    const { requested } = readDropMetadata({ [field]: text });
    const drop = checkParameters(requested, stage);
    const rows = readManifest(Buffer.from(`prompt,${field}\nA,${text}`));
    const row = 'code' in rows || !rows[0] ? undefined : jobRequestOf(rows[0]);
    const said = {
      problems: [
        { field, message: expect.stringMatching(new RegExp(`^${field} "${text.replace('[', '\\[')}`)) },
      ],
    };
    expect(drop).toMatchObject(said);
    expect(row).toMatchObject(said);
  });
});
