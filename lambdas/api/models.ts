import { modelRoutes, offeredModels } from '../../core/api/model-routes.ts';
import { jsonAnswer } from '../shared/platform/problem-response.ts';
import { settings } from '../shared/platform/settings.ts';
import { operation } from './operation.ts';

export const listModels = operation(modelRoutes.listModels, async () =>
  jsonAnswer(200, { models: offeredModels(settings()) }),
);
