import { createHash } from 'node:crypto';

export interface FormFile {
  readonly fileName: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/**
 * A form as `multipart/form-data` (RFC 7578), written by hand: loading fetch for its FormData would cost every cold start. Names
 * are escaped as browsers do. The boundary is a hash of the content, so that it stands nowhere in it.
 */
export const multipartOf = (
  fields: Readonly<Record<string, string>>,
  files: Readonly<Record<string, FormFile>>,
): { type: string; bytes: Uint8Array } => {
  const hash = createHash('sha256').update(JSON.stringify(fields));
  for (const { bytes } of Object.values(files)) hash.update(bytes);
  const boundary = `startframe-${hash.digest('hex').slice(0, 40)}`;
  const head = (lines: readonly string[]) => Buffer.from(`--${boundary}\r\n${lines.join('\r\n')}\r\n\r\n`);
  const parts = [
    ...Object.entries(fields).flatMap(([name, value]) => [
      head([`Content-Disposition: form-data; name="${escaped(name)}"`]),
      Buffer.from(`${value}\r\n`),
    ]),
    ...Object.entries(files).flatMap(([name, { fileName, type, bytes }]) => [
      head([
        `Content-Disposition: form-data; name="${escaped(name)}"; filename="${escaped(fileName)}"`,
        `Content-Type: ${type}`,
      ]),
      bytes,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ];
  return { type: `multipart/form-data; boundary=${boundary}`, bytes: Buffer.concat(parts) };
};

const escaped = (name: string): string =>
  name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
