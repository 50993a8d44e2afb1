import { parseStage, type StageConfig } from '../../../lib/stage-config.ts';
import { dialectNames } from '../../../simulator/dialect-name.ts';
import { PROVIDER_HOST } from './names.ts';

const models = {
  gptproto: 'veo3.1-fast',
  gemini: 'veo-3.1-fast-generate-preview',
  'openai-video': 'veo-3.1-fast-generate-preview',
} as const;

// As in a deployed stage, but with a shorter retention: a lasting fault then takes a hundred steps, not a thousand.
const times = { deadlineSeconds: 1800, retentionSeconds: 4200, doubtSeconds: 600 };

/** A stage with two providers of each dialect: `<dialect>`, and `<dialect>-48h` with the usual retention of two days. */
export const simulationStage = (): StageConfig =>
  parseStage(
    {
      stage: 'proof',
      deploy: { removal: 'destroy', logRetentionDays: 1, architecture: 'arm64', deletionProtection: false },
      admins: ['111122223333:role/Shop'],
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
