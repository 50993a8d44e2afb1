import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RuntimeSettings } from '../../../core/settings.ts';
import { parseStage, readStage, runtimeSettingsOf } from '../../../lib/stage-config.ts';
import { StageProblems } from '../../../lib/stage-problems.ts';
import { stage, stagesFolder } from '../../support/synth.ts';

const valid = {
  stage: 'mine',
  defaults: { prompt: 'Move.', model: 'veo3.1-fast' },
  providers: {
    'my-gateway': { dialect: 'gptproto', submitBaseUrl: 'https://example.com', models: ['veo3.1-fast'] },
  },
};

const problemsOf = (settings: unknown): readonly string[] => {
  try {
    parseStage(settings, 'mine.json');
  } catch (error) {
    if (error instanceof StageProblems) return error.problems;
    throw error;
  }
  return [];
};

test.each(['dev', 'prod', 'local'])('the settings of %s are good', (name) => {
  expect(stage(name).stage).toBe(name);
});

test('a stage that says little keeps what it made, on arm64', () => {
  expect(parseStage(valid, 'mine.json').deploy).toEqual({
    removal: 'retain',
    logRetentionDays: 30,
    architecture: 'arm64',
    deletionProtection: false,
    localCloud: false,
  });
});

test('production refuses to be deleted', () => {
  expect(stage('prod').deploy).toMatchObject({ removal: 'retain', deletionProtection: true });
});

test('only the local stage may call private addresses', () => {
  for (const name of ['dev', 'prod']) {
    for (const provider of Object.values(stage(name).providers)) {
      expect(provider).toMatchObject({ allowPrivateAddresses: false });
      expect(provider.submitBaseUrl).toMatch(/^https:/);
    }
  }
});

test('the functions are given what they read, and nothing of the deployment', () => {
  expect(RuntimeSettings.safeParse(runtimeSettingsOf(stage('dev'))).success).toBe(true);
});

test.each<[string, object, string]>([
  [
    'a value of the wrong kind',
    { ...valid, maxFrameBytes: 'big' },
    'mine.json: "maxFrameBytes" is "big"; it must be a number.',
  ],
  ['a missing value', { ...valid, stage: undefined }, 'mine.json: "stage" is missing; it must be a text.'],
  [
    'a value that is not on the list',
    { ...valid, deploy: { removal: 'maybe' } },
    'mine.json: "deploy.removal" is "maybe"; it must be one of "retain", "destroy".',
  ],
  [
    'a retention that CloudWatch does not know',
    { ...valid, deploy: { logRetentionDays: 31 } },
    'mine.json: "deploy.logRetentionDays" is 31; it must be one of 1, 3, 5, 7, 14, 30,',
  ],
  [
    'an address that is none',
    {
      ...valid,
      providers: { one: { ...valid.providers['my-gateway'], submitBaseUrl: 'ftp://example.com' } },
    },
    'mine.json: "providers.one.submitBaseUrl" is "ftp://example.com"; it must be an http or https URL.',
  ],
  [
    'a number out of bounds',
    { ...valid, maxFrameBytes: 0 },
    'mine.json: "maxFrameBytes" is 0; it must be more than 0.',
  ],
  [
    'a name that no id can have',
    { ...valid, stage: 'My Stage' },
    'mine.json: "stage" is "My Stage"; it must be lower-case letters, digits and hyphens, a letter first.',
  ],
  [
    'a list that is empty',
    { ...valid, providers: { one: { ...valid.providers['my-gateway'], models: [] } } },
    'mine.json: "providers.one.models" is []; it must be a list of at least 1.',
  ],
  [
    'a default provider that does not exist',
    { ...valid, defaults: { ...valid.defaults, provider: 'other' } },
    'mine.json: "defaults.provider" is "other"; it must be one of the stage\'s providers: my-gateway.',
  ],
  [
    'a default model that nobody offers',
    { ...valid, defaults: { ...valid.defaults, model: 'veo9' } },
    'mine.json: "defaults.model" is "veo9"; it must be a model that the provider offers: veo3.1-fast.',
  ],
  [
    'a model that is not in the registry',
    { ...valid, providers: { one: { ...valid.providers['my-gateway'], models: ['veo3.1-fast', 'veo9'] } } },
    'mine.json: "providers.one.models.1" is "veo9"; it must be a model of gptproto: veo3',
  ],
  [
    'an API that asks nobody, anywhere but here',
    { ...valid, api: { auth: { type: 'none' } } },
    'mine.json: "api.auth.type" is "none"; it must be iam, jwt or api-key: with "none" anybody spends your money, so it is for the local cloud only.',
  ],
  [
    'a kind of auth that there is not, without showing what may be a key',
    { ...valid, api: { auth: { type: 'basic', password: 'sk-canary' } } },
    'mine.json: "api.auth.type" must be one of iam, jwt, api-key, none, by its "type".',
  ],
  [
    'an issuer that API Gateway cannot read',
    { ...valid, api: { auth: { type: 'jwt', issuer: 'http://a.example', audience: ['a'] } } },
    'mine.json: "api.auth.issuer" is "http://a.example"; it must be an https address without query, fragment or user: API Gateway reads <issuer>/.well-known/openid-configuration.',
  ],
  [
    'an issuer that no discovery document can stand below',
    { ...valid, api: { auth: { type: 'jwt', issuer: 'https://a.example/?tenant=1', audience: ['a'] } } },
    'mine.json: "api.auth.issuer" is "https://a.example/?tenant=1"; it must be an https address without query',
  ],
  [
    'a provider whose id differs from another one only in hyphens',
    {
      ...valid,
      providers: { ...valid.providers, mygateway: valid.providers['my-gateway'] },
    },
    'mine.json: "providers.mygateway" is "…"; it must be named apart from "my-gateway" by more than hyphens',
  ],
  [
    'a token for nobody in particular',
    { ...valid, api: { auth: { type: 'jwt', issuer: 'https://a.example', audience: [] } } },
    'mine.json: "api.auth.audience" is []; it must be a list of at least 1.',
  ],
  [
    'an admin who can never call',
    { ...valid, admins: ['key:ops'] },
    'mine.json: "admins.0" is "key:ops"; it must be an IAM role or user such as 111122223333:role/OnCall, as "api.auth" is "iam".',
  ],
  [
    'an admin without a name',
    { ...valid, admins: ['Bob'] },
    'mine.json: "admins.0" is "Bob"; it must be an owner such as 111122223333:role/OnCall, 111122223333:user/Ann, jwt:ann or key:ops.',
  ],
  [
    'any origin',
    { ...valid, api: { allowedOrigins: ['*'] } },
    'mine.json: "api.allowedOrigins.0" is "*"; it must be an origin such as https://studio.example.com.',
  ],
  [
    'a provider with a name that no id can have',
    { ...valid, providers: { 'My Gateway': valid.providers['my-gateway'] } },
    'mine.json: "providers.My Gateway" is "My Gateway"; it must be named in lower-case letters, digits and hyphens, a letter first.',
  ],
])('%s is said in one sentence', (_, settings, sentence) => {
  const problems = problemsOf(settings);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(sentence);
});

test.each([
  ['jwt', { type: 'jwt', issuer: 'https://a.example', audience: ['a'] }, 'jwt:auth0|5f7c'],
  ['api-key', { type: 'api-key' }, 'key:ops'],
  ['none', { type: 'none' }, 'anybody'],
])('with %s an admin is called as its owners are', (_, auth, admin) => {
  const local = { ...valid, deploy: { localCloud: true }, api: { auth } };
  expect(problemsOf({ ...local, admins: [admin] })).toEqual([]);
  expect(problemsOf({ ...local, admins: ['111122223333:role/OnCall'] })).toHaveLength(1);
});

test('every problem is named at once', () => {
  expect(problemsOf({ ...valid, maxFrameBytes: -1, dropOwner: '' })).toHaveLength(2);
});

test('the value of an unknown setting is not shown: it may be a key in the wrong place', () => {
  const problems = problemsOf({
    ...valid,
    providers: { one: { ...valid.providers['my-gateway'], apiKey: 'sk-canary' } },
  });
  expect(problems).toEqual(['mine.json: "providers.one.apiKey" is not a setting.']);
});

test('a stage is a name, or the path of a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stages-'));
  const file = join(folder, 'anything.json');
  writeFileSync(file, JSON.stringify(valid));
  expect(readStage(file, stagesFolder).stage).toBe('mine');
  expect(() => readStage('nowhere', stagesFolder)).toThrow(
    'stages/nowhere.json does not exist; -c stage= takes one of dev, local, prod, or the path of a file',
  );
});

test('a copied file that still carries the old name does not overwrite the old stage', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stages-'));
  writeFileSync(join(folder, 'copy.json'), JSON.stringify(valid));
  expect(() => readStage('copy', folder)).toThrow(
    '"stage" is "mine"; it must be "copy", the name of its file.',
  );
});

test('a file that is no JSON says so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stages-'));
  writeFileSync(join(folder, 'bad.json'), '{ "stage": ');
  expect(() => readStage('bad', folder)).toThrow(/bad\.json cannot be read as JSON: .+/);
});

test('a budget is in dollars, and no setting may be misread', () => {
  const budgets = { dailyDollars: 20, owners: { drop: { dailyDollars: 5 } }, assumedPriceDollars: 3 };
  expect(parseStage({ ...valid, budgets }, 'mine.json').budgets).toEqual(budgets);
  expect(parseStage({ ...valid, budgets: {} }, 'mine.json').budgets).toEqual({ owners: {} });
  expect(parseStage(valid, 'mine.json')).not.toHaveProperty('budgets');
  expect(problemsOf({ ...valid, budgets: { dailyDollars: -1, dailyMicros: 1 } })).toEqual([
    'mine.json: "budgets.dailyDollars" is -1; it must be at least 0.',
    'mine.json: "budgets.dailyMicros" is not a setting.',
  ]);
});

test('failover names what the stage has', () => {
  const known = { provider: 'my-gateway', model: 'veo3.1-fast' };
  expect(parseStage({ ...valid, failover: { alternatives: [known] } }, 'mine.json').failover).toEqual({
    alternatives: [known],
    allowDearer: false,
  });
  expect(problemsOf({ ...valid, failover: { alternatives: [known, { ...known, model: 'veo3' }] } })).toEqual([
    'mine.json: "failover.alternatives.1" is {"provider":"my-gateway","model":"veo3"}; it must be a provider of the stage and a model that it offers.',
  ]);
  expect(problemsOf({ ...valid, failover: { alternatives: [] } })).toHaveLength(1);
});

test.each([
  ['dev', 20, 5],
  ['prod', 100, 20],
])('%s spends at most $%i a day and owner, and makes at most %i videos at once', (name, dollars, atOnce) => {
  const { budgets, providers, admins } = stage(name);
  expect(budgets).toMatchObject({ dailyDollars: dollars });
  for (const { maxInFlight } of Object.values(providers)) expect(maxInFlight).toBe(atOnce);
  // Nobody sees every job until somebody is named.
  expect(admins).toEqual([]);
});
