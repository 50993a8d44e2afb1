import type * as z from 'zod';

/** The problems of a stage's settings, one sentence each. */
export class StageProblems extends Error {
  override readonly name = 'StageProblems';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.problems = problems;
  }
}

/** An issue of the schema as sentences: the setting, what it is, and what it must be. */
export const sentencesOf = (issue: z.core.$ZodIssue, file: string): string[] => {
  if (issue.code === 'unrecognized_keys') {
    // Only the name is shown: the value of an unknown setting may be a key that somebody put in the wrong place.
    return issue.keys.map((key) => `${file}: "${[...issue.path, key].join('.')}" is not a setting.`);
  }
  const field = issue.path.join('.');
  const found = issue.input === undefined ? 'is missing' : `is ${JSON.stringify(issue.input)}`;
  // We do not know this object, so its values are not shown either.
  if (issue.code === 'invalid_union') return [`${file}: "${field}" must be ${issue.message}.`];
  return [`${file}: "${field}" ${found}; it must be ${allowedBy(issue)}.`];
};

const allowedBy = (issue: z.core.$ZodIssue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return EXPECTED_TYPES[issue.expected] ?? `of the type ${issue.expected}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? JSON.stringify(issue.values[0])
        : `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return amount(issue.origin, `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`);
    case 'too_big':
      return amount(issue.origin, `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`);
    case 'invalid_format':
      return issue.format === 'url' ? 'an http or https URL' : describedFormat(issue);
    case 'invalid_key':
      return `named in ${ID_CHARACTERS}`;
    default:
      return issue.message;
  }
};

const EXPECTED_TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const amount = (origin: string, bounds: string): string => {
  if (origin === 'string') return `${bounds} characters long`;
  if (origin === 'array') return `a list of ${bounds}`;
  return bounds;
};

const ID_CHARACTERS = 'lower-case letters, digits and hyphens, a letter first';

const describedFormat = (issue: z.core.$ZodIssueInvalidStringFormat): string => {
  if (issue.pattern === '/^[a-z][a-z0-9-]*$/') return ID_CHARACTERS;
  // A schema's own sentence says more than its pattern.
  return issue.message.startsWith('Invalid') && issue.pattern ? `like ${issue.pattern}` : issue.message;
};
