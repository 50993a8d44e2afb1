import { parseStage, type StageConfig } from '../../../lib/stage-config.ts';
import { dialectNames } from '../../../simulator/dialect-name.ts';
import { PROVIDER_HOST } from './names.ts';

const models = {
  gptproto: 'veo3.1-fast',
  gemini: 'veo-3.1-fast-generate-preview',
  'openai-video': 'veo-3.1-fast-generate-preview',
} as const;

// Of a stage as it would be deployed; only what lasts for ever is over sooner, so that its thousand steps are a hundred.
const times = { deadlineSeconds: 1800, retentionSeconds: 4200, doubtSeconds: 600 };

/** A stage with a provider of each dialect, called `<dialect>`, and one that keeps its videos for the usual two days, `<dialect>-48h`. */
export const simulationStage = (): StageConfig =>
  parseStage(
    {
      stage: 'proof',
      deploy: { removal: 'destroy', logRetentionDays: 1, architecture: 'arm64', deletionProtection: false },
      admins: ['111122223333:Shop'],
      defaults: { prompt: 'A shoe turns.', provider: 'gptproto', model: models.gptproto, resolution: '720p' },
      providers: Object.fromEntries(
        dialectNames.flatMap((dialect) => {
          const provider = { dialect, submitBaseUrl: `https://${PROVIDER_HOST}`, models: [models[dialect]] };
          return [
            [dialect, { ...provider, ...times }],
            [`${dialect}-48h`, provider],
          ];
        }),
      ),
    },
    'the stage of the simulation',
  );

export const modelOf = (dialect: keyof typeof models): string => models[dialect];
