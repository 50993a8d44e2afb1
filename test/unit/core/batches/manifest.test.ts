import fc from 'fast-check';
import { jobRequestOf, MAX_ROWS, readManifest } from '../../../../core/batches/manifest.ts';
import type { ManifestRow } from '../../../../core/batches/manifest-row.ts';

const read = (text: string | Uint8Array): readonly ManifestRow[] => {
  const rows = readManifest(typeof text === 'string' ? Buffer.from(text) : text);
  if ('code' in rows) throw new Error(`${rows.code}: ${rows.message}`);
  return rows;
};
const requests = (text: string) => read(text).map((row) => ({ line: row.line, ...jobRequestOf(row) }));
const failure = (content: string | Uint8Array) => readManifest(Buffer.from(content));

describe('CSV', () => {
  it('has the words of a drop’s metadata for columns; the others are metadata', () => {
    expect(
      requests(
        'frame,Prompt,aspect-ratio,duration_seconds,enhancePrompt,campaign\ns3://frames/a.png,A shoe.,9:16,8,TRUE,spring\n',
      ),
    ).toEqual([
      {
        line: 2,
        request: {
          frame: { s3Uri: 's3://frames/a.png' },
          prompt: 'A shoe.',
          aspectRatio: '9:16',
          durationSeconds: 8,
          enhancePrompt: true,
          metadata: { campaign: 'spring' },
        },
      },
    ]);
  });

  it('takes whatever programs write: a mark, CRLF, quotes, lines within quotes, empty lines, spaces', () => {
    const text =
      '\uFEFFprompt, "model" ,note\r\n"A ""shoe"",\r\nthat turns.",veo3,\r\n\r\n  \r\n,,\r\nplain, "veo3" ,ü\r\n';
    expect(requests(text)).toEqual([
      { line: 2, request: { prompt: 'A "shoe",\nthat turns.', model: 'veo3', metadata: {} } },
      { line: 7, request: { prompt: 'plain', model: 'veo3', metadata: { note: 'ü' } } },
    ]);
  });

  it.each([
    [';', 'prompt;model\nA, B;veo3'],
    ['tab', 'prompt\tmodel\nA, B\tveo3'],
    ['nothing', 'prompt\n"A, B"'],
    ['the end of a file', 'prompt\r"A, B"'],
  ])('may be divided by %s', (_, text) => {
    expect(requests(text)).toMatchObject([{ line: 2, request: { prompt: 'A, B' } }]);
  });

  it('names every field of a job request', () => {
    expect(
      requests(
        [
          'lastFrame\tframe\treferenceFrames\tvideo\textra\tvideo-count',
          's3://f/l.png\ts3://f/a.png\t\t\t{"audio_type":"speech"}\t2',
          '\t\t["s3://f/1.png","s3://f/2.png"]\t\t\t',
          '\t\ts3://f/1.png\t\t\t',
          '\t\t\tjob:abc\t\t',
          '\t\t\ts3://f/v.mp4\t\t',
          '\t\t\thttps://files.example/v.mp4\t\t',
        ]
          .join('\n')
          .replaceAll(/\{.*\}|\[.*\]/g, (json) => `"${json.replaceAll('"', '""')}"`),
      ),
    ).toMatchObject([
      {
        line: 2,
        request: {
          frame: { s3Uri: 's3://f/a.png' },
          lastFrame: { s3Uri: 's3://f/l.png' },
          extra: { audio_type: 'speech' },
          videoCount: 2,
        },
      },
      { request: { referenceFrames: [{ s3Uri: 's3://f/1.png' }, { s3Uri: 's3://f/2.png' }] } },
      { request: { referenceFrames: [{ s3Uri: 's3://f/1.png' }] } },
      { request: { video: { jobId: 'abc' } } },
      { request: { video: { s3Uri: 's3://f/v.mp4' } } },
      { request: { video: { uri: 'https://files.example/v.mp4' } } },
    ]);
  });

  it.each([
    ['too few cells', 'prompt,model\nA', 'it has 1 cells, and the first line names 2 columns'],
    ['too many', 'prompt,model\nA,B,C', 'it has 3 cells'],
    ['a comma without quotes', 'prompt\nA, B', 'it has 2 cells'],
    ['a cell in no column', 'prompt,\nA,B', 'a column without a name'],
    ['a quote that does not begin its cell', 'prompt\nA 5" shoe', 'a quote stands inside a cell'],
    ['a number that is none', 'prompt,duration-seconds\nA,8s', 'durationSeconds'],
    ['neither true nor false', 'prompt,enhance-prompt\nA,yes', 'enhancePrompt'],
    ['extra that is no map', 'prompt,extra\nA,{', 'extra'],
    ['references that are no list', 'prompt,reference-frames\nA,[1', 'referenceFrames'],
  ])('refuses a row with %s, and takes the next', (_, text, words) => {
    const [bad, good] = requests(`${text}\n${text.startsWith('prompt,') ? 'good,' : 'good'}`);
    expect(bad).toMatchObject({ line: 2, problems: [{ field: expect.any(String) }] });
    expect(JSON.stringify(bad)).toContain(words);
    expect(good).toMatchObject({ line: 3, request: { prompt: 'good' } });
  });

  it.each([
    ['a quote that never ends', 'prompt,model\nA,\n"B,\nC,\n', 'The quotes in line 3'],
    ['a text after a quote that ended', 'prompt,model\nA,\n"B" C,\n', 'The quotes in line 3'],
    ['no column that we know', 'colour,size\nred,1', 'neither JSONL'],
    ['a column twice', 'aspect-ratio,aspectRatio\n1,2', 'the column aspectRatio twice'],
    ['a web page', '<!doctype html>\n<p>', 'neither JSONL'],
  ])('with %s is believed in nothing', (_, text, words) => {
    expect(failure(text)).toEqual({ code: 'MANIFEST_UNREADABLE', message: expect.stringContaining(words) });
  });

  it('gives back any text in any cell, and the line where its row begins', () => {
    const cell = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed());
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell), { maxLength: 20 }),
        fc.constantFrom('\n', '\r\n'),
        (cells, end) => {
          const text = ['prompt,note', ...cells.map((row) => row.map(quoted).join(','))].join(end);
          const unified = (value: string) => value.replaceAll(/\r\n?/g, '\n');
          let line = 2;
          const expected = cells.flatMap(([prompt, note]) => {
            const at = line;
            line += unified(prompt + note).split('\n').length;
            return prompt === '' && note === '' ? [] : [{ at, prompt: unified(prompt), note: unified(note) }];
          });
          const result = readManifest(Buffer.from(text));
          if (expected.length === 0) return expect(result).toMatchObject({ code: 'MANIFEST_EMPTY' });
          expect(result).toEqual(
            expected.map(({ at, prompt, note }) => ({
              line: at,
              request: { ...(prompt === '' ? {} : { prompt }), metadata: note === '' ? {} : { note } },
            })),
          );
        },
      ),
    );
  });
});

describe('JSONL', () => {
  it('has a job request a line, as POST /jobs takes it', () => {
    expect(requests('{"prompt":"A","durationSeconds":8}\r\n\n{"prompt":"B"}')).toEqual([
      { line: 1, request: { prompt: 'A', durationSeconds: 8, metadata: {} } },
      { line: 3, request: { prompt: 'B', metadata: {} } },
    ]);
  });

  it.each([
    ['no JSON', '{"prompt":', 'not JSON'],
    ['no object', '7', 'row'],
    ['an unknown field', '{"colour":"red"}', 'colour'],
    ['a dry run', '{"prompt":"A","dryRun":true}', 'dryRun'],
    ['a NUL character', '{"prompt":"A\\u0000"}', 'NUL'],
    ['half a character', '{"metadata":{"a":"\\ud800"}}', 'surrogate'],
    ['a row of megabytes', `{"prompt":"${'x'.repeat(200_000)}"}`, 'it may have'],
  ])('refuses a line with %s, and takes the next', (_, line, words) => {
    const [, bad, good] = requests(`{}\n${line}\n{"prompt":"good"}`);
    expect(bad).toMatchObject({ line: 2, problems: expect.any(Array) });
    expect(JSON.stringify(bad)).toContain(words);
    expect(good).toMatchObject({ line: 3, request: { prompt: 'good' } });
  });

  it('is no list', () => {
    expect(failure('[{"prompt":"A"}]')).toMatchObject({
      code: 'MANIFEST_UNREADABLE',
      message: expect.stringContaining('JSON list'),
    });
  });
});

describe('a manifest', () => {
  it.each([
    ['UTF-16', Buffer.from('\uFEFFprompt\nA', 'utf16le'), 'UTF-16'],
    ['Latin-1', Buffer.from('prompt\nA\nsch\xf6n\n', 'latin1'), 'Line 3'],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47]), 'Line 1'],
  ])('in %s is named as such', (_, bytes, words) => {
    expect(failure(bytes)).toEqual({
      code: 'MANIFEST_NOT_UTF8',
      message: expect.stringContaining(words),
    });
  });

  it.each(['', '\uFEFF', ' \n\r\n', 'prompt,model\n', 'prompt,model\n,\n'])(
    'without rows is empty: %j',
    (text) => {
      expect(failure(text)).toMatchObject({ code: 'MANIFEST_EMPTY' });
    },
  );

  it('has at most so many rows', () => {
    const rows = (count: number) => `prompt\n${'A\n'.repeat(count)}`;
    expect(read(rows(MAX_ROWS))).toHaveLength(10_000);
    expect(failure(rows(MAX_ROWS + 1))).toMatchObject({ code: 'MANIFEST_TOO_LONG' });
  });

  it('of any bytes is read or named, and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.string({ unit: 'binary' }).map((text) => Buffer.from(`prompt,x\n${text}`)),
        ),
        (bytes) => {
          const result = readManifest(bytes);
          if ('code' in result) expect(result.message).not.toBe('');
          else {
            for (const row of result) jobRequestOf(row);
            expect(new Set(result.map(({ line }) => line)).size).toBe(result.length);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
