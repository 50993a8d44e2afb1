import { apiRoutes } from '../../core/api/api-routes.ts';
import { jsonAnswer } from '../shared/platform/problem-response.ts';
import { settings } from '../shared/platform/settings.ts';
import { operation } from './operation.ts';

export const showHealth = operation(apiRoutes.showHealth, async () =>
  jsonAnswer(200, { status: 'ok', stage: settings().stage }, { 'cache-control': 'no-store' }),
);
