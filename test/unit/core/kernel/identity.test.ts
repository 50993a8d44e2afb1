import fc from 'fast-check';
import {
  AdminName,
  KeyOwner,
  OwnerName,
  oldNameOf,
  ownerOfArn,
  ownerOfClaim,
  ownerOfKey,
} from '../../../../core/kernel/identity.ts';

it.each([
  ['arn:aws:sts::111122223333:assumed-role/Shop/i-0abc', '111122223333:role/Shop'],
  ['arn:aws:sts::111122223333:assumed-role/Shop/another', '111122223333:role/Shop'],
  ['arn:aws-us-gov:sts::111122223333:assumed-role/Shop/i-0abc', '111122223333:role/Shop'],
  ['arn:aws:iam::111122223333:user/anna', '111122223333:user/anna'],
  ['arn:aws:iam::111122223333:user/team/anna', '111122223333:user/team/anna'],
  ['arn:aws:iam::111122223333:user/a#b/anna', '111122223333:user/a%23b/anna'],
  ['arn:aws:iam::000000000000:root', '000000000000:root'],
])('%s is %s', (arn, owner) => {
  expect(ownerOfArn(arn)).toBe(owner);
});

it.each([
  [
    'whoever asks for a federation token chooses this name',
    'arn:aws:sts::111122223333:federated-user/OnCall',
  ],
  ['a federated user with a path of their own', 'arn:aws:sts::111122223333:federated-user/role/OnCall'],
  ['a role is no caller, its sessions are', 'arn:aws:iam::111122223333:role/service/Shop'],
  ['a role with a path in its session', 'arn:aws:sts::111122223333:assumed-role/x/OnCall/s1'],
  ['a user from the wrong service', 'arn:aws:sts::111122223333:user/OnCall'],
  ['a role from the wrong service', 'arn:aws:iam::111122223333:assumed-role/OnCall/s1'],
  ['the root user of an account', 'arn:aws:iam::111122223333:root'],
  ['a group', 'arn:aws:iam::111122223333:group/OnCall'],
  ['a service', 'ecs-tasks.amazonaws.com'],
  ['no name', 'arn:aws:iam::111122223333:user/'],
  ['no session', 'arn:aws:sts::111122223333:assumed-role/OnCall'],
  ['no account', 'arn:aws:iam:::user/OnCall'],
  ['a colon in the account', 'arn:aws:iam::11112222:333:user/OnCall'],
  ['a line behind it', 'arn:aws:sts::111122223333:assumed-role/OnCall/s1\nx'],
  ['nobody', 'anonymous'],
  ['nothing', ''],
])('%s: no owner', (_, arn) => {
  expect(ownerOfArn(arn)).toBeUndefined();
});

const account = fc.stringMatching(/^[0-9]{12}$/);
const text = fc.oneof(
  fc.string(),
  fc.constantFrom('OnCall', 'role/OnCall', 'user/OnCall', 'x/OnCall', ':role/OnCall'),
);
const kinds = [
  'user',
  'role',
  'assumed-role',
  'federated-user',
  'group',
  'instance-profile',
  'root',
  'saml-provider',
  '',
];

it('nobody but a session of the role OnCall is the owner role/OnCall, whatever the form of the ARN', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('iam', 'sts', 'ec2', ''),
      account,
      fc.constantFrom(...kinds),
      text,
      text,
      (service, number, kind, name, session) => {
        const arn = `arn:aws:${service}::${number}:${kind}/${name}/${session}`;
        const isTheRole = service === 'sts' && kind === 'assumed-role' && name === 'OnCall';
        return ownerOfArn(arn) !== `${number}:role/OnCall` || isTheRole;
      },
    ),
    { numRuns: 5000 },
  );
});

it('the owner says account and kind as the ARN does', () => {
  fc.assert(
    fc.property(account, fc.constantFrom(...kinds), text, (number, kind, name) => {
      const owners = ['iam', 'sts'].map((service) =>
        ownerOfArn(`arn:aws:${service}::${number}:${kind}/${name}`),
      );
      return owners.every(
        (owner) => owner === undefined || owner.startsWith(`${number}:${kind === 'user' ? 'user' : 'role'}/`),
      );
    }),
  );
});

it('no two users are one owner', () => {
  fc.assert(
    fc.property(text, text, (one, other) => {
      const [a, b] = [one, other].map((name) => ownerOfArn(`arn:aws:iam::111122223333:user/${name}`));
      return one === other || a === undefined || a !== b;
    }),
  );
});

it('an old name is that of the role alone', () => {
  expect(oldNameOf('111122223333:role/Shop')).toBe('111122223333:Shop');
  expect(oldNameOf('111122223333:user/Shop')).toBeUndefined();
  expect(oldNameOf('jwt:111122223333:role/Shop')).toBeUndefined();
  expect(oldNameOf('drop')).toBeUndefined();
});

it('an old name of an admin is refused with its new form', () => {
  expect(AdminName.safeParse('111122223333:OnCall').error?.issues[0]?.message).toBe(
    'a name that tells roles and users apart: 111122223333:role/OnCall, or 111122223333:user/OnCall',
  );
  expect(OwnerName.safeParse('111122223333:Shop').success).toBe(false);
  expect(OwnerName.safeParse('drop').success).toBe(true);
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

it.each([
  '111122223333:role/OnCall',
  '111122223333:user/team/Ann',
  '000000000000:root',
  'jwt:ann',
  'key:ops',
  'anybody',
])('%s can be an admin', (name) => {
  expect(AdminName.safeParse(name).success).toBe(true);
});
it.each([
  'drop',
  'OnCall',
  'jwt:',
  '1:a',
  '',
  '111122223333:root',
  '111122223333:federated-user/x',
  '111122223333:role/',
])('%j cannot', (name) => {
  expect(AdminName.safeParse(name).success).toBe(false);
});
