import { ownerOfArn } from '../../core/identity.ts';

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
