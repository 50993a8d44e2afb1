import { faultRows } from '../../../simulator/faults/faults.ts';
import { gateway, promptWith, setUpGateway, tried } from './gateway-builder.ts';
import {
  Accepted,
  accept,
  acceptWith,
  ask,
  askOnce,
  bodyOf,
  content,
  contentUrl,
  dataUri,
  generations,
  model,
  over,
  post,
  publicUrl,
  videos,
  withKey,
} from './openai-video-builder.ts';
import { key, repeat, start, watch } from './support.ts';

setUpGateway();

describe('a poll', () => {
  const wordsOf = {
    1: ['queued', 'in_progress', 'completed', 'failed'],
    2: ['QUEUED', 'IN_PROGRESS', 'SUCCESS', 'FAILURE'],
    3: ['queued', 'processing', 'succeeded', 'failed'],
    4: ['queued', 'in_progress', 'completed', 'failed'],
  };
  const open = { url: '', error: null, reason: '', metadata: {} };
  const outcomeOf = {
    0: open,
    1: open,
    2: { ...open, url: publicUrl, metadata: { url: publicUrl } },
    3: {
      ...open,
      error: { code: expect.any(String), message: 'out of memory' },
      reason: 'out of memory',
    },
  };
  const formOf = (shape: keyof typeof wordsOf, id: string, state: 0 | 1 | 2 | 3) => {
    const status = wordsOf[shape][state];
    const { url, error, reason, metadata } = outcomeOf[state];
    const isOver = state > 1;
    switch (shape) {
      case 1:
        return { task_id: id, status, url, format: 'mp4', metadata: {}, error };
      case 2:
        return {
          code: 'success',
          message: '',
          data: {
            task_id: id,
            status,
            fail_reason: reason,
            result_url: url,
            progress: isOver ? '100%' : expect.stringMatching(/^\d\d?%$/),
            data: {},
          },
        };
      case 3:
        return {
          code: 'success',
          message: '',
          data: { error, format: 'mp4', metadata: null, status, task_id: id, url },
        };
      case 4:
        return {
          id,
          object: 'video',
          model,
          status,
          progress: isOver ? 100 : expect.any(Number),
          created_at: expect.any(Number),
          error,
          metadata,
        };
    }
  };

  test('is of form 3 at /v1/video/generations, of form 4 at /v1/videos, and knows only its own tasks', async () => {
    const id = await accept({ images: [dataUri] });
    await over(id);
    expect(await ask(id)).toEqual(formOf(3, id, 2));
    expect(await ask(id, videos)).toEqual(formOf(4, id, 2));
    for (const path of [generations, videos]) {
      for (const other of ['nobody', `${id}0`, 'task_%2F']) {
        const response = await askOnce(other, path);
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({ code: 'task_not_exist', data: null });
      }
    }
    const elsewhere = await fetch(`${gateway.url}/v1beta/models/${model}/operations/${id.slice(5)}`, {
      headers: { 'x-goog-api-key': key },
    });
    expect(elsewhere.status).toBe(404);
  });

  test.each(['1', '2', '3', '4'] as const)('of form %s, by option and by marker', async (openaiShape) => {
    const shape = Number(openaiShape) as keyof typeof wordsOf;
    const on = await start({ openaiShape, seconds: 2 });
    try {
      const id = await accept({ prompt: 'A boat [[fault:failed(out of memory)]]' }, { on });
      expect(await ask(id, generations, on)).toEqual(formOf(shape, id, 0));
      await repeat(
        () => ask(id, videos, on),
        (answer) => JSON.stringify(answer).includes(`"${wordsOf[shape][1]}"`),
      );
      expect(await ask(id, generations, on)).toEqual(formOf(shape, id, 1));
      expect(await over(id, videos, on)).toEqual(formOf(shape, id, 3));
    } finally {
      await on.close();
    }
    const id = await accept({ prompt: promptWith(`shape-${openaiShape}`), images: [dataUri] });
    expect(await over(id, generations)).toEqual(formOf(shape, id, 2));
    expect(await ask(id, videos)).toEqual(formOf(shape, id, 2));
  });
});

describe('the bytes', () => {
  test('come with the key when they are there, a 400 before', async () => {
    const id = await accept({ prompt: 'A boat [[fault:late(0.5s)]]', images: [dataUri] });
    expect((await content(id)).status).toBe(400);
    await over(id);
    const response = await content(id);
    expect(response.headers.get('content-type')).toBe('video/mp4');
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(await watch(bytes)).toMatchObject({ size: '1280x720', seconds: 8 });
    expect(gateway.ledger().downloads).toBe(1);
  });

  test.each([
    [{ size: '720x1280', seconds: '4' }, '720x1280', 4],
    [{ size: '1920x1080', aspect_ratio: '9:16' }, '1920x1080', 8],
    [{ size: '720p', aspect_ratio: '9:16', duration: 6, seconds: '8' }, '720x1280', 6],
    [{ model: 'veo-2.0-generate-001', seconds: '5' }, '1280x720', 5],
  ])('%j make %s of %d s', async (more, size, seconds) => {
    const id = await accept(more);
    await over(id);
    const bytes = Buffer.from(await (await content(id)).arrayBuffer());
    expect(await watch(bytes)).toMatchObject({ size, seconds });
  });

  test.each(['filtered', 'empty'])('%s: shows as a success, and the bytes are a 502', async (fault) => {
    const id = await acceptWith(fault);
    expect(await over(id)).toMatchObject({ data: { status: 'succeeded', url: '', error: null } });
    expect((await content(id)).status).toBe(502);
    expect(gateway.ledger().chargedTasks).toBe(fault === 'empty' ? 1 : 0);
  });

  test('success-lies: a URL too, with a 502 behind it', async () => {
    const id = await acceptWith('success-lies');
    expect(await over(id)).toMatchObject({ data: { status: 'succeeded', url: publicUrl } });
    expect((await content(id)).status).toBe(502);
  });
});

describe('the URLs and words of some relays', () => {
  test('content-url: the URL needs the key', async () => {
    const id = await acceptWith('content-url');
    expect(await over(id)).toMatchObject({ data: { url: contentUrl(id) } });
  });

  test('data-url: the URL is the video', async () => {
    const id = await acceptWith('data-url', 'shape-1');
    const { url } = await over(id);
    const response = await fetch(`${url}`);
    expect(response.headers.get('content-type')).toBe('video/mp4');
    expect(Buffer.from(await response.arrayBuffer()).toString('latin1', 4, 8)).toBe('ftyp');
  });

  test('url-text: the URL is the text of a failure, or of a success without a video', async () => {
    const failed = await over(await acceptWith('url-text', 'failed(out of memory)', 'shape-2'));
    expect(failed).toMatchObject({ data: { status: 'FAILURE', result_url: 'out of memory' } });
    const lie = await over(await acceptWith('url-text', 'filtered'));
    expect(lie).toMatchObject({ data: { status: 'succeeded', url: 'The upstream returned no video' } });
  });

  test('words: other status words in the submit and the polls', async () => {
    const prompt = promptWith('words(queued=SUBMITTED, running=THROTTLED, succeeded=done)');
    const answer = Accepted.parse(await (await post(bodyOf({ prompt }))).json());
    expect(answer.status).toBe('SUBMITTED');
    await repeat(
      () => ask(answer.id),
      (polled) => JSON.stringify(polled).includes('"done"'),
    );
    expect(await ask(answer.id, videos)).toMatchObject({ status: 'done', metadata: { url: publicUrl } });
  });

  test('no-reason: a failure has no reason', async () => {
    const id = await acceptWith('no-reason', 'failed(out of memory)');
    expect(await over(id, videos)).toMatchObject({ status: 'failed', error: null });
  });

  test('odd-id: the id needs percent-encoding', async () => {
    const id = await acceptWith('odd-id');
    expect(id).toMatch(/\/\+=$/);
    await over(id);
    expect((await content(id)).status).toBe(200);
    expect((await fetch(`${gateway.url}${videos}/${id}`, { headers: withKey })).status).toBe(404);
  });

  test('other-id: the gateway does not know the id in the poll', async () => {
    const id = await acceptWith('other-id');
    const { id: other } = await over(id, videos);
    expect(other).not.toBe(id);
    expect((await askOnce(`${other}`)).status).toBe(400);
  });

  test('flap-failed and an unknown word: failed once, then the truth', async () => {
    const id = await acceptWith('flap-failed', 'unknown-status(1)');
    expect(await ask(id)).toMatchObject({
      data: { status: 'failed', error: { message: expect.any(String) } },
    });
    expect(await ask(id)).toMatchObject({ data: { status: 'marinating' } });
    expect(await over(id)).toMatchObject({ data: { status: 'succeeded', url: publicUrl } });
  });

  test('all of this dialect were tried, and those of another are refused', async () => {
    const variants = faultRows.filter((row) => row.stage === 'variant' && row.dialect === 'openai-video');
    expect(variants.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
    expect((await post(bodyOf({ prompt: 'x [[fault:flat-samples]]' }))).status).toBe(400);
  });
});
