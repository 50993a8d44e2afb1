import { apiRoutes } from '../../core/api/api-routes.ts';
import { openApiDocument } from '../../core/api/openapi.ts';
import { jsonAnswer } from '../shared/api-answer.ts';
import { settings } from '../shared/settings.ts';
import { operation } from './operation.ts';

let document: ReturnType<typeof openApiDocument> | undefined;

export const showApi = operation(apiRoutes.showApi, async () => {
  document ??= openApiDocument(settings().api.auth);
  return jsonAnswer(200, document, { 'cache-control': 'public, max-age=300' });
});
