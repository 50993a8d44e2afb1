import type * as z from 'zod';
import type { RuntimeSettings } from '../core/settings.ts';

/**
 * Adds an issue for ids that differ only in hyphens: `my-gateway` and `mygateway`. Names in the template and in the stack's outputs
 * have no hyphens, so a key could reach the wrong provider.
 */
export const checkProviderIds = (
  { providers }: Pick<RuntimeSettings, 'providers'>,
  context: z.RefinementCtx,
): void => {
  const firstOf = new Map<string, string>();
  for (const id of Object.keys(providers)) {
    const letters = id.replaceAll('-', '');
    const first = firstOf.get(letters);
    if (first === undefined) firstOf.set(letters, id);
    else
      context.addIssue({
        code: 'custom',
        path: ['providers', id],
        input: '…',
        message: `named apart from "${first}" by more than hyphens: both would have the same secret in the stack's outputs`,
      });
  }
};
