import fc from 'fast-check';
import { z } from 'zod';
import { sessionPolicyFor } from '../../../../../lambdas/shared/storage/frame-session-policy.ts';

const Policy = z.object({
  Statement: z.tuple([
    z.object({ Effect: z.literal('Allow'), Action: z.array(z.string()), Resource: z.string() }),
  ]),
});
const resourceOf = (key: string, partition = 'aws'): string =>
  Policy.parse(JSON.parse(sessionPolicyFor({ bucket: 'inbox', key }, partition))).Statement[0].Resource;

it('opens this one object, for reading', () => {
  expect(
    Policy.parse(JSON.parse(sessionPolicyFor({ bucket: 'inbox', key: 'a/b.png' }, 'aws-cn'))).Statement,
  ).toEqual([
    {
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:GetObjectVersion'],
      Resource: 'arn:aws-cn:s3:::inbox/a/b.png',
    },
  ]);
});

it('takes what means something else in a policy literally', () => {
  expect(resourceOf('a*b?c\u0024{d}.png')).toBe('arn:aws:s3:::inbox/a\u0024{*}b\u0024{?}c\u0024{$}{d}.png');
});

it('says any key in the characters and the length that STS takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1024 }), (key) => {
      const text = sessionPolicyFor({ bucket: 'inbox', key }, 'aws');
      expect(text).toMatch(/^[\u0020-\u007e]*$/);
      expect(text.length).toBeLessThanOrEqual(2048);
      expect(resourceOf(key).startsWith('arn:aws:s3:::inbox/')).toBe(true);
    }),
  );
});

it('cuts a key that is too long to be said, and opens what begins like it', () => {
  const key = `folder/${'日'.repeat(330)}.png`;
  expect(resourceOf(key)).toMatch(/^arn:aws:s3:::inbox\/folder\/日+\*$/);
});
