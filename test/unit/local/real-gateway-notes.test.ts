import { realGatewayNotes } from '../../../local/real-gateway-notes.ts';
import { readLocalStage } from '../../../local/stage-file.ts';

const gateway = { url: 'https://gateway.example', dialect: 'gptproto', key: 'sk-secret' };
const notes = async (url: string, endpoint: string, metadata: Record<string, string> = {}) =>
  realGatewayNotes({ ...gateway, url }, await readLocalStage(), metadata, endpoint);

test('the price of a video is said before it is spent, for what was asked', async () => {
  const [spends] = await notes('http://127.0.0.1:1', 'http://127.0.0.1:4566', {
    model: 'veo3.1',
    resolution: '4k',
  });
  expect(spends).toBe(
    'This spends real money at http://127.0.0.1:1: veo3.1 at 4k, about $4.80 a video, by list price.',
  );
  expect(await notes('http://127.0.0.1:1', 'http://127.0.0.1:4566', { model: 'other' })).toEqual([
    expect.stringContaining('its price is not known'),
  ]);
});

test('a gateway elsewhere cannot fetch the picture from this machine, and that is said', async () => {
  const said = await notes('https://gateway.example', 'http://127.0.0.1:4566');
  expect(said[1]).toMatch(/^Warning: .*cannot reach/);
  expect(await notes('https://gateway.example', 'https://cloud.example')).toHaveLength(1);
  expect(await notes('http://localhost:4600', 'http://127.0.0.1:4566')).toHaveLength(1);
  expect(said.join()).not.toContain('sk-secret');
});
