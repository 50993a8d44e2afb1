import type { ObjectLocation } from '../../../core/kernel/object-location.ts';

// STS takes at most 2,048 characters of session policy.
const MAX_POLICY_CHARACTERS = 2048;

// In a policy resource `*`, `?` and `$` mean something else unless written so.
const literal = (text: string): string => text.replaceAll(/[*?$]/g, (character) => `\${${character}}`);

// STS takes Latin-1 only; JSON can say everything else in ASCII.
const toAscii = (json: string): string =>
  json.replaceAll(/[^\u0020-\u007e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const policy = (resource: string): string =>
  toAscii(
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['s3:GetObject', 's3:GetObjectVersion'], Resource: resource }],
    }),
  );

/**
 * A session policy that opens this one object. A key too long to be said in one is cut, and opens what begins like it: the
 * signed address still names one object.
 */
export const sessionPolicyFor = ({ bucket, key }: ObjectLocation, awsPartition: string): string => {
  const resource = (part: string): string => `arn:${awsPartition}:s3:::${bucket}/${literal(part)}`;
  const whole = policy(resource(key));
  if (whole.length <= MAX_POLICY_CHARACTERS) return whole;
  const characters = [...key];
  while (characters.length > 0) {
    characters.length = Math.floor(characters.length * 0.9);
    const cut = policy(`${resource(characters.join(''))}*`);
    if (cut.length <= MAX_POLICY_CHARACTERS) return cut;
  }
  return policy(resource('*'));
};
