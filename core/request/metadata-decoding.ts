/**
 * Reads the text of one `x-amz-meta-…` value. S3 keeps ASCII only; what ASCII cannot say arrives in one of three ways:
 * RFC 2047 words (S3 itself answers so, and mail-style clients write so), percent-encoding (what a person types in a shell),
 * or UTF-8 bytes that an HTTP client read as Latin-1. Text that is none of these is left as it is: "100% cotton" stays.
 */
export const decodeMetadataText = (value: string): string =>
  decodePercent(decodeEncodedWords(decodeLatin1(value)));

const utf8 = new TextDecoder('utf-8', { fatal: true });

const decodeLatin1 = (value: string): string => {
  const codes = [...value].map((character) => character.codePointAt(0) ?? 0);
  if (!codes.some((code) => code > 0x7f) || codes.some((code) => code > 0xff)) return value;
  try {
    return utf8.decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
};

const encodedWord = /=\?([^?\s]+)\?([bq])\?([^?\s]*)\?=/gi;
// White space between two encoded words belongs to neither (RFC 2047, section 6.2), and a character may be split between them.
const encodedWordRun = /=\?[^?\s]+\?[bq]\?[^?\s]*\?=(?:\s*=\?[^?\s]+\?[bq]\?[^?\s]*\?=)*/gi;

const decodeEncodedWords = (value: string): string =>
  value.replace(encodedWordRun, (run) => {
    const words = [...run.matchAll(encodedWord)];
    const charset = words[0]?.[1]?.split('*')[0] ?? 'utf-8';
    const bytes = words.map(([, , encoding = '', text = '']) =>
      encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : decodeQ(text),
    );
    try {
      return new TextDecoder(charset, { fatal: true }).decode(Buffer.concat(bytes));
    } catch {
      return run;
    }
  });

const decodeQ = (text: string): Buffer =>
  Buffer.from(
    text
      .replaceAll('_', ' ')
      .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );

const decodePercent = (value: string): string => {
  // Every % must be a whole escape, else this is a percentage and not an encoding.
  if (!value.includes('%') || /%(?![0-9a-f]{2})/i.test(value)) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
};
