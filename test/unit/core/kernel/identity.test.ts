import fc from 'fast-check';
import {
  AdminName,
  KeyOwner,
  ownerOfArn,
  ownerOfClaim,
  ownerOfKey,
} from '../../../../core/kernel/identity.ts';

it.each([
  ['arn:aws:sts::111122223333:assumed-role/Shop/i-0abc', '111122223333:Shop'],
  ['arn:aws:sts::111122223333:assumed-role/Shop/another', '111122223333:Shop'],
  ['arn:aws:iam::111122223333:user/team/anna', '111122223333:anna'],
  ['arn:aws:iam::111122223333:role/service/Shop', '111122223333:Shop'],
  ['arn:aws-cn:iam::111122223333:root', '111122223333:root'],
  ['arn:aws:iam::111122223333:user/', undefined],
  ['anonymous', undefined],
  ['', undefined],
])('%s is %s', (arn, owner) => {
  expect(ownerOfArn(arn)).toBe(owner);
});

it.each([
  ['5f7c', 'jwt:5f7c'],
  ['auth0|5f7c', 'jwt:auth0|5f7c'],
  ['ann@example.com', 'jwt:ann@example.com'],
  ['repo:octo/films:ref:refs/heads/main', 'jwt:repo:octo%2Ffilms:ref:refs%2Fheads%2Fmain'],
  ['a#b c', 'jwt:a%23b%20c'],
  ['100%', 'jwt:100%25'],
  ['', undefined],
  ['\ud800', undefined],
  ['x'.repeat(257), undefined],
])('the claim %j is %j', (claim, owner) => {
  expect(ownerOfClaim(claim)).toBe(owner);
});

it('no two claims are one owner', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
      const owner = ownerOfClaim(one);
      return one === other || owner === undefined || owner !== ownerOfClaim(other);
    }),
  );
});

it('nobody is somebody else by another way in', () => {
  const keyOwners = fc.string().filter((name) => KeyOwner.safeParse(name).success);
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), keyOwners, (name, keyOwner) => {
      const owners = [
        ownerOfArn(`arn:aws:iam::111122223333:user/${name}`),
        ownerOfClaim(name),
        ownerOfKey(keyOwner),
        'drop',
        'anybody',
      ].filter((owner) => owner !== undefined);
      return new Set(owners).size === owners.length;
    }),
  );
});

it.each(['111122223333:OnCall', 'jwt:ann', 'key:ops', 'anybody'])('%s can be an admin', (name) => {
  expect(AdminName.safeParse(name).success).toBe(true);
});
it.each(['drop', 'OnCall', 'jwt:', '1:a', ''])('%j cannot', (name) => {
  expect(AdminName.safeParse(name).success).toBe(false);
});
