import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulatedGateway } from '../../../local/gateway-choice.ts';
import { ensurePythonEnvironment } from '../../../local/python-environment.ts';
import { postJson } from './support.ts';

test('a cloud can set how its gateway behaves', async () => {
  const ffmpeg = (await ensurePythonEnvironment()).ffmpeg();
  const folder = await mkdtemp(join(tmpdir(), 'startframe-choice-'));
  const chosen = await simulatedGateway(folder, 65_500, {
    seconds: 60,
    publicUrl: 'https://gateway.example',
    geminiDuration: 'string',
    openaiImages: 'url',
    openaiSeconds: 'number',
    openaiShape: '2',
  });
  const gateway = await chosen.start?.(ffmpeg);
  try {
    const headers = { authorization: `Bearer ${chosen.key}`, 'x-goog-api-key': chosen.key };
    const post = (path: string, body: unknown) => postJson(chosen.url + path, body, headers);
    const text = { model: 'veo-3.1-generate-preview', prompt: 'x', aspect_ratio: '16:9' };

    expect((await post('/v1/video/generations', { ...text, seconds: '8' })).status).toBe(400);
    const inline = { ...text, images: ['data:image/png;base64,AAAA'] };
    expect(await (await post('/v1/video/generations', inline)).text()).toContain('must be an http(s) URL');
    const accepted: { task_id: string } = JSON.parse(
      await (await post('/v1/video/generations', { ...text, seconds: 8 })).text(),
    );
    const poll = await fetch(`${chosen.url}/v1/videos/${accepted.task_id}`, { headers });
    expect(await poll.json()).toMatchObject({ data: { status: 'QUEUED' } });

    const gemini = { instances: [{ prompt: 'x' }], parameters: { durationSeconds: 8 } };
    const refused = await post('/v1beta/models/veo-3.1-generate-preview:predictLongRunning', gemini);
    expect(await refused.text()).toContain('needs to be a string');
    const gptproto = await post('/api/v3/google/veo3/text-to-video', { prompt: 'x' });
    expect(await gptproto.text()).toContain('https://gateway.example/api/v3/predictions/');
  } finally {
    await gateway?.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);
