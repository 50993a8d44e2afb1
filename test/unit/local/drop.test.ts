import * as fc from 'fast-check';
import { decodeMetadataText } from '../../../core/request/metadata-decoding.ts';
import { encodeMetadata } from '../../../local/drop.ts';

test('plain ASCII travels as it is, so that a person can read it in the bucket', () => {
  expect(encodeMetadata({ prompt: 'The boat drifts [[fault:429(2)]]' })).toEqual({
    prompt: 'The boat drifts [[fault:429(2)]]',
  });
});

test('any prompt is ASCII on the wire and the same again after the upload function read it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (prompt) => {
      const { prompt: sent = '' } = encodeMetadata({ prompt });
      expect(sent).toMatch(/^[\x21-\x7e]?([\x20-\x7e]*[\x21-\x7e])?$/);
      expect(decodeMetadataText(sent)).toBe(prompt);
    }),
  );
});

test('what would be taken for an encoding is encoded', () => {
  expect(encodeMetadata({ prompt: '100%25 and =?utf-8?q?x?=' }).prompt).not.toMatch(/ |=\?/);
});

test('more than S3 takes is refused before anything is uploaded', () => {
  expect(() => encodeMetadata({ prompt: 'ü'.repeat(400) })).toThrow(/too long.*S3 allows 2048/);
});
