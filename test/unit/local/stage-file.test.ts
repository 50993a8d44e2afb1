import { parseStage } from '../../../lib/stage-config.ts';
import { openApi, readLocalStage, withRealGateway, withSimulatedGateway } from '../../../local/stage-file.ts';

test('the simulated gateway stands at its own address, with the settings a test wants', async () => {
  const stage = withSimulatedGateway(await readLocalStage(), 'http://127.0.0.1:4711', {
    firstWaitSeconds: 1,
  });
  const { providers } = parseStage(stage, 'stage.json');
  expect(providers.simulated).toMatchObject({
    submitBaseUrl: 'http://127.0.0.1:4711',
    pollBaseUrl: 'http://127.0.0.1:4711',
    firstWaitSeconds: 1,
    deadlineSeconds: 120,
  });
});

test('a further provider has the address of the simulated gateway and keeps its own settings', async () => {
  const local = await readLocalStage();
  const slow = {
    dialect: 'gptproto',
    models: ['veo3.1-fast'],
    allowPrivateAddresses: true,
    firstWaitSeconds: 600,
  };
  const stage = withSimulatedGateway(local, 'http://127.0.0.1:4711', { firstWaitSeconds: 1 }, { slow });
  const { providers } = parseStage(stage, 'stage.json');
  expect(providers.slow).toMatchObject({ submitBaseUrl: 'http://127.0.0.1:4711', firstWaitSeconds: 600 });
  expect(providers['simulated-gemini']).toMatchObject({ firstWaitSeconds: 1 });
});

test('a real gateway gets the patience of a real one, and is the only one', async () => {
  const stage = withRealGateway(await readLocalStage(), {
    url: 'https://gateway.example',
    dialect: 'gptproto',
  });
  const { defaults, providers } = parseStage(stage, 'stage.json');
  expect(defaults.provider).toBe('gptproto');
  expect(Object.keys(providers)).toEqual(['gptproto']);
  expect(providers.gptproto).toMatchObject({
    submitBaseUrl: 'https://gateway.example',
    allowPrivateAddresses: false,
    // Two days, not the minutes of the simulated one: a video that is paid for must not be given up.
    retentionSeconds: 172_800,
    deadlineSeconds: 1800,
  });
});

test('a real gateway may want its key as a bearer', async () => {
  const local = await readLocalStage();
  const stage = withRealGateway(local, {
    url: 'https://gateway.example',
    dialect: 'gptproto',
    keyStyle: 'bearer',
  });
  expect(parseStage(stage, 'stage.json').providers.gptproto).toMatchObject({
    options: { keyStyle: 'bearer' },
  });
});

test('a real gateway of another dialect offers the models of that dialect, the fast one by default', async () => {
  const stage = withRealGateway(await readLocalStage(), {
    url: 'https://gateway.example',
    dialect: 'gemini',
  });
  const { defaults, providers } = parseStage(stage, 'stage.json');
  expect(defaults.model).toBe('veo-3.1-fast-generate-preview');
  expect(providers.gemini?.models).toContain('veo-3.1-generate-preview');
  expect(providers.gemini?.models).not.toContain('veo3');
});

test('only a gateway on this machine, or without TLS, may have a private address', async () => {
  const local = await readLocalStage();
  const stage = withRealGateway(local, { url: 'http://127.0.0.1:9', dialect: 'gptproto' });
  expect(parseStage(stage, 'stage.json').providers.gptproto).toMatchObject({ allowPrivateAddresses: true });
});

test('an open API is one of the local stage, and whoever calls is its admin', async () => {
  const stage = parseStage({ ...(await readLocalStage()), ...openApi }, 'stage.json');
  expect(stage).toMatchObject({ api: { auth: { type: 'none' } }, admins: ['anybody'] });
});
