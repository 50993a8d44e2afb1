import { accepted, type ModelCheck, refuse } from './model-check.ts';

/** The prompt of the request, or the stage's default where the video begins with a picture. */
export const checkPrompt = (check: ModelCheck): string => {
  const { requested, settings, model, media } = check;
  // The default prompt is about a picture; without one it means nothing.
  const prompt = requested.prompt || (media.startFrame === undefined ? '' : settings.defaults.prompt);
  if (prompt === '')
    refuse(check, 'prompt', '', 'say what happens in the video: without a start frame there is no default');
  const characters = charactersOf(prompt);
  if (characters > model.maxPromptCharacters)
    refuse(
      check,
      'prompt',
      beginningOf(prompt),
      `it has ${characters} characters, ${model.id} takes ${model.maxPromptCharacters}`,
      `its first ${model.maxPromptCharacters} characters`,
    );
  checkReadable(check, 'prompt', prompt);
  return prompt;
};

export const checkNegativePrompt = (check: ModelCheck): string | undefined => {
  const { maxPromptCharacters } = check.model;
  const negativePrompt = accepted(check, 'negativePrompt');
  if (negativePrompt === undefined) return undefined;
  if (charactersOf(negativePrompt) > maxPromptCharacters)
    refuse(check, 'negativePrompt', beginningOf(negativePrompt), `at most ${maxPromptCharacters} characters`);
  checkReadable(check, 'negativePrompt', negativePrompt);
  return negativePrompt;
};

/** Unicode characters, not UTF-16 units. */
const charactersOf = (text: string): number => [...text].length;

const beginningOf = (text: string): string => `${text.slice(0, 40)}…`;

/** A text for people holds no control characters but tab and line ends, and no half of a surrogate pair. */
const checkReadable = (check: ModelCheck, field: string, text: string): void => {
  if (!text.isWellFormed() || /\p{Cc}/u.test(text.replaceAll(/[\t\n\r]/g, '')))
    refuse(check, field, '', 'it holds control characters or half a character, which nobody can read');
};
