import { apiRoutes } from '../../core/api/api-routes.ts';
import { jsonAnswer } from '../shared/platform/problem-response.ts';
import { settings } from '../shared/platform/settings.ts';
import { operation } from './operation.ts';

let document: Readonly<Record<string, unknown>> | undefined;

export const showApi = operation(apiRoutes.showApi, async () => {
  if (!document) {
    // Seldom requested, and it needs the schemas of every route.
    const { openApiDocument } = await import('../../core/api/openapi.ts');
    document = openApiDocument(settings().api.auth);
  }
  return jsonAnswer(200, document, { 'cache-control': 'public, max-age=300' });
});
