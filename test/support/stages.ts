import type { ApiAuth } from '../../core/api/settings.ts';
import type { StageConfig } from '../../lib/stage-config.ts';
import { changedStage, stage } from './synth.ts';

const origins = ['https://studio.example.com'];

/** Prod with every optional feature on, and the API behind this authentication. */
const featured = (auth: ApiAuth, admin: string): StageConfig =>
  changedStage('prod', (settings) => {
    settings.api = { auth, allowedOrigins: origins };
    settings.admins = [admin];
    settings.deploy = {
      removal: 'retain',
      deletionProtection: true,
      logRetentionDays: 365,
      alarmTopicArn: 'arn:aws:sns:us-east-1:123456789012:on-call',
    };
    settings.webhooks = { url: 'https://hooks.example.com/startframe' };
    settings.failover = { alternatives: [{ provider: 'relay', model: 'veo-3.1-fast-generate-preview' }] };
    settings.providers = {
      gptproto: {
        dialect: 'gptproto',
        submitBaseUrl: 'https://gptproto.com',
        models: ['veo3.1-fast'],
        maxInFlight: 20,
        submitsPerMinute: 60,
        callbacks: 'standard-webhooks',
      },
      relay: {
        dialect: 'openai-video',
        submitBaseUrl: 'https://relay.example.com',
        models: ['veo-3.1-fast-generate-preview'],
        callbacks: 'standard-webhooks',
      },
    };
  });

/** Every stage of `stages/`, and one with every optional feature on for each way in which callers show who they are. */
export const featuredStages: ReadonlyMap<string, StageConfig> = new Map([
  ...['local', 'dev', 'prod'].map((name) => [name, stage(name)] as const),
  ['iam', featured({ type: 'iam' }, '111122223333:role/OnCall')],
  [
    'jwt',
    featured(
      { type: 'jwt', issuer: 'https://id.example.com/', audience: ['startframe'], ownerClaim: 'sub' },
      'jwt:ann',
    ),
  ],
  ['api-key', featured({ type: 'api-key', header: 'x-api-key' }, 'key:ops')],
]);
