import fc from 'fast-check';
import { decodeMetadataText } from '../../../../core/request/metadata-decoding.ts';

const encodedWord = (text: string) => `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;

describe('the text of a metadata value', () => {
  it.each([
    ['plain ASCII stays', 'A calm sea', 'A calm sea'],
    ['percent-encoding is decoded', 'Caf%C3%A9%20au%20lait', 'Café au lait'],
    ['a percentage is not an encoding', '100% cotton', '100% cotton'],
    ['an escape that is no UTF-8 stays', 'ab%FF', 'ab%FF'],
    ['a plus is a plus', '1+1', '1+1'],
    ['RFC 2047 base64', '=?UTF-8?B?5pel5pys?=', '日本'],
    ['RFC 2047 quoted-printable', '=?utf-8?Q?Caf=C3=A9_noir?=', 'Café noir'],
    ['another charset', '=?iso-8859-1?Q?Caf=E9?=', 'Café'],
    ['words among plain text', 'a =?UTF-8?B?w6k=?= b', 'a é b'],
    ['white space between words goes', '=?UTF-8?B?w6k=?= =?UTF-8?B?w6k=?=', 'éé'],
    ['a character split between two words', '=?UTF-8?B?ww==?= =?UTF-8?B?qQ==?=', 'é'],
    ['an unknown charset stays', '=?x-none?B?w6k=?=', '=?x-none?B?w6k=?='],
    ['UTF-8 read as Latin-1', Buffer.from('Über').toString('latin1'), 'Über'],
    ['real Latin-1 stays', 'Über', 'Über'],
  ])('%s', (_, value, text) => {
    expect(decodeMetadataText(value)).toBe(text);
  });

  const text = fc.string({ unit: 'grapheme' });

  it('brings back any text that was percent-encoded', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(decodeMetadataText(encodeURIComponent(value))).toBe(value);
      }),
    );
  });

  it('brings back any text without percent signs that was written in encoded words', () => {
    fc.assert(
      fc.property(
        text.filter((value) => value.length > 0 && !value.includes('%')),
        (value) => {
          expect(decodeMetadataText(encodedWord(value))).toBe(value);
        },
      ),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (value) => void decodeMetadataText(value)));
  });
});
