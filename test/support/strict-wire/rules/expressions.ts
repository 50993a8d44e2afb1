import { reservedWords } from '../../../simulation/world/dynamodb/reserved-words.ts';
import type { Action } from './dynamodb-request.ts';

// What can be said of an expression by its words alone. Whether it makes sense is for the cloud behind to say.

export const expressionsOf = (action: Action): string[] =>
  [...conditionsOf(action), action.UpdateExpression, action.ProjectionExpression].filter(
    (text) => text !== undefined,
  );

/** The expressions that only compare. */
export const conditionsOf = ({
  ConditionExpression,
  FilterExpression,
  KeyConditionExpression,
}: Action): string[] =>
  [ConditionExpression, FilterExpression, KeyConditionExpression].filter((text) => text !== undefined);

export const placeholdersIn = (text: string): string[] => text.match(/[#:]\w+/g) ?? [];

const OPERATORS = /^(AND|OR|NOT|BETWEEN|IN|SET|REMOVE|ADD|DELETE)$/i;

/** Attribute names that stand in an expression as they are and may not. */
export const reservedIn = (text: string): string[] =>
  [...text.matchAll(/(?<![#:\w])([A-Za-z_]\w*)(\s*\()?/g)]
    .filter(
      ([, word = '', isFunction]) =>
        !isFunction && !OPERATORS.test(word) && reservedWords.has(word.toUpperCase()),
    )
    .map(([, word = '']) => word);

export const operatorsIn = (text: string): number =>
  (text.match(/[-+=<>]+|\b(AND|OR|NOT|BETWEEN|IN)\b|\w+\s*\(/gi) ?? []).length;

/** The size of the largest list after an IN. */
export const longestIn = (text: string): number =>
  Math.max(0, ...[...text.matchAll(/\bIN\s*\(([^)]*)\)/gi)].map(([, list = '']) => list.split(',').length));

/** The paths that an update writes, with their names resolved. */
export const writtenPaths = ({ UpdateExpression = '', ExpressionAttributeNames = {} }: Action): string[] =>
  UpdateExpression.split(/\b(?:SET|REMOVE|ADD|DELETE)\b/i)
    .flatMap(splitAtCommas)
    .map((part) => part.trim().match(/^[#\w.[\]]+/)?.[0] ?? '')
    .filter((path) => path !== '')
    .map((path) => path.replaceAll(/#\w+/g, (name) => ExpressionAttributeNames[name] ?? name));

/** At commas outside of brackets. */
const splitAtCommas = (text: string): string[] => {
  const parts = [''];
  let depth = 0;
  for (const letter of text) {
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (letter === ',' && depth === 0) parts.push('');
    else parts.push((parts.pop() ?? '') + letter);
  }
  return parts;
};
