import { readDropMetadata } from '../../../../core/request/drop-metadata.ts';
import { checkParameters as checkTyped } from '../../../../core/request/validate-parameters.ts';
import { providerSettings, runtimeSettings } from '../../../support/jobs.ts';

export const settings = runtimeSettings({
  providers: {
    simulated: providerSettings(),
    other: providerSettings({ models: ['veo3.1-pro'] }),
  },
});

// Parameters as a drop's metadata says them.
export type Texts = Readonly<Record<string, string>>;
export const checkParameters = (texts: Texts, stage: typeof settings, options?: { hasStartFrame: boolean }) =>
  checkTyped(readDropMetadata(texts).requested, stage, options);

export const problemsOf = (given: Texts) => {
  const checked = checkParameters(given, settings);
  return 'problems' in checked ? checked.problems : [];
};
