import fc from 'fast-check';
import {
  canReference,
  fetchedKey,
  type Requester,
  uploadKey,
} from '../../../../core/request/media-reference.ts';

const sharing = { dropOwner: 'drop', sharedFrames: false };
const caller = (owner: string, isAdmin = false): Requester => ({ owner, isAdmin });
const inFrames = (key: string) => ({ key, bucketIs: 'frames' as const });
const owners = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });

it('an upload and a fetched frame are their owner’s and an admin’s, and nobody else’s, whatever owners are called', () => {
  fc.assert(
    fc.property(owners, owners, fc.string(), (owner, other, filename) => {
      fc.pre(owner !== other);
      for (const key of [uploadKey(owner, 'id', filename), fetchedKey(owner, 'job', 'frame')]) {
        for (const shared of [true, false]) {
          const stage = { dropOwner: 'drop', sharedFrames: shared };
          expect(canReference(inFrames(key), caller(owner), stage)).toBe('yes');
          expect(canReference(inFrames(key), caller(other), stage)).toBe('hidden');
          expect(canReference(inFrames(key), caller(other, true), stage)).toBe('yes');
        }
      }
    }),
  );
});

it.each(['uploads/', 'uploads/x', 'uploads//x', 'fetched/', 'uploads/../shoe.png'])(
  'a key that only looks like one has no owner that could be guessed: %s',
  (key) => {
    expect(canReference(inFrames(key), caller('drop'), { ...sharing, sharedFrames: true })).toBe('hidden');
  },
);

it('what people put there by hand is for those who drop, unless the stage shares it', () => {
  for (const object of [inFrames('shoe.png'), { key: 'uploads/x/shoe.png', bucketIs: 'inbox' as const }]) {
    expect(canReference(object, caller('Shop'), sharing)).toBe('not-shared');
    expect(canReference(object, caller('drop'), sharing)).toBe('yes');
    expect(canReference(object, caller('Shop', true), sharing)).toBe('yes');
    expect(canReference(object, caller('Shop'), { ...sharing, sharedFrames: true })).toBe('yes');
  }
});

it('of a filename the key keeps what needs no encoding, of a long one the end', () => {
  expect(uploadKey('o', 'id', 'Größe 1/../shoe?.png')).toMatch(/\/id-Gr_e_1_.._shoe_.png$/);
  expect(uploadKey('o', 'id', `${'x'.repeat(255)}.png`)).toMatch(/\/id-x{96}\.png$/);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
      expect(uploadKey('o', 'id', name)).toMatch(/^uploads\/[0-9a-f]{32}\/id-[A-Za-z0-9._-]{1,100}$/);
    }),
  );
});
