import { closestName, closestNumber } from '../kernel/closest-match.ts';
import { isOwnField } from '../providers/capabilities.ts';
import { accepted, listed, type ModelCheck, refuse } from './model-check.ts';
import type { JobParameters } from './parameters.ts';
import { DEFAULT_PRIORITY, Priority } from './priority.ts';
import { shownValue, Unreadable } from './requested-parameters.ts';

const PERSONS = ['allow_all', 'allow_adult'];
/** Google makes at most this many videos of one request (its REST documentation of `sampleCount`, November 2026). */
const MOST_VIDEOS = 4;
const MOST_EXTRAS = 20;
const LONGEST_EXTRA = 1000;

export const checkPersonGeneration = (check: ModelCheck): string | undefined => {
  const { startFrame, lastFrame, referenceFrames } = check.media;
  const hasPicture = [startFrame, lastFrame, referenceFrames].some((one) => one !== undefined);
  const persons = hasPicture ? ['allow_adult'] : PERSONS;
  const personGeneration = accepted(check, 'personGeneration')?.toLowerCase();
  if (personGeneration !== undefined && !persons.includes(personGeneration))
    refuse(
      check,
      'personGeneration',
      personGeneration,
      `${hasPicture ? 'with a picture ' : ''}it is ${listed(persons)}`,
      closestName(personGeneration, persons) ?? persons[0],
    );
  return personGeneration;
};

export const checkVideoCount = (check: ModelCheck): number | undefined => {
  const requested = accepted(check, 'videoCount');
  if (requested === undefined) return undefined;
  const videoCount = requested instanceof Unreadable ? Number.NaN : requested;
  if (!(Number.isInteger(videoCount) && videoCount >= 1 && videoCount <= MOST_VIDEOS))
    refuse(
      check,
      'videoCount',
      shownValue(requested),
      `${check.model.id} makes 1 to ${MOST_VIDEOS} videos of one request`,
      String(closestNumber(videoCount, [1, 2, 3, MOST_VIDEOS]) ?? 1),
    );
  return videoCount;
};

export const checkFlag = (
  check: ModelCheck,
  field: 'enhancePrompt' | 'enableUpsample',
): boolean | undefined => {
  const flag = accepted(check, field);
  if (!(flag instanceof Unreadable)) return flag;
  refuse(check, field, flag.text, flag.expected, closestName(flag.text, ['true', 'false']) ?? 'true');
  return undefined;
};

/**
 * What the gateway alone knows; undefined where it says nothing.
 * @param ownFields the names that the dialect writes itself
 */
export const checkExtra = (check: ModelCheck, ownFields: readonly string[]): JobParameters['extra'] => {
  const { extra } = check.requested;
  if (extra === undefined) return undefined;
  if (extra instanceof Unreadable) {
    refuse(check, 'extra', extra.text, extra.expected);
    return undefined;
  }
  const entries = Object.entries(extra);
  if (entries.length > MOST_EXTRAS)
    refuse(check, 'extra', shownValue(extra), `it may have ${MOST_EXTRAS} names`);
  for (const [name, value] of entries) {
    const message = extraProblem(name, value, ownFields);
    if (message !== undefined) refuse(check, 'extra', name, message);
  }
  return entries.length > 0 ? { ...extra } : undefined;
};

const extraProblem = (
  name: string,
  value: string | number | boolean,
  ownFields: readonly string[],
): string | undefined => {
  if (!/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(name))
    return 'a name has up to 64 letters, digits, _, - and ., and begins with a letter';
  if (typeof value === 'string' && value.length > LONGEST_EXTRA)
    return `its text may have ${LONGEST_EXTRA} characters`;
  return isOwnField(name, ownFields)
    ? 'it is written from the parameters above; extra is for what they do not say'
    : undefined;
};

/** Undefined where the request names none. */
export const checkPriority = (check: ModelCheck): Priority | undefined => {
  const { priority } = check.requested;
  if (priority === undefined) return undefined;
  const { data } = Priority.safeParse(priority.toLowerCase());
  if (data === undefined)
    refuse(
      check,
      'priority',
      priority,
      `it is ${listed(Priority.options)}`,
      closestName(priority.toLowerCase(), Priority.options) ?? DEFAULT_PRIORITY,
    );
  return data;
};
