import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { basename, resolve } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import type { CreateUploadRequest, FrameName, StartframeClient } from '../client/index.ts';
import { inspectFrame } from '../core/media/image/inspect-image.ts';
import { CliError, usageError } from './errors.ts';
import { barText, type LiveLine } from './live-line.ts';
import { printable } from './terminal.ts';

const CHUNK_BYTES = 64 * 1024;

/** A picture as a job request names it: on the web, in a bucket, or a file, which is uploaded first. */
export const frameOf = async (
  name: string,
  api: Pick<StartframeClient, 'createUpload'>,
  folder: string,
  line: LiveLine,
  signal: AbortSignal,
): Promise<FrameName> => {
  if (/^https?:\/\//i.test(name)) return { url: name };
  if (/^s3:\/\//i.test(name)) return { s3Uri: name };
  const uploaded = uploadedKey(name);
  if (uploaded !== undefined) return { key: uploaded };
  const file = resolve(folder, name);
  const bytes = await readPicture(file);
  const contentType = contentTypeOf(bytes, file);
  const key = await uploadFile(api, { filename: basename(file), contentType, bytes }, line, signal);
  return { key };
};

/** The key in `upload:KEY`, which names a file that is uploaded already. */
export const uploadedKey = (name: string): string | undefined => /^upload:(.+)$/s.exec(name)?.[1];

export interface Uploaded {
  readonly filename: string;
  readonly contentType: CreateUploadRequest['contentType'];
  readonly bytes: Buffer<ArrayBuffer>;
}

/** Uploads a file, so that a job request can name it. Answers its key. */
export const uploadFile = async (
  api: Pick<StartframeClient, 'createUpload'>,
  { filename, contentType, bytes }: Uploaded,
  line: LiveLine,
  signal: AbortSignal,
): Promise<string> => {
  const { url, fields, frameKey } = await api.createUpload(
    { filename, contentType, size: bytes.byteLength },
    { signal },
  );
  await post(url, fields, new File([bytes], filename, { type: contentType }), signal, (sent, whole) =>
    line.show(barText(`  upload ${printable(filename)}`, sent, whole)),
  );
  line.end();
  return frameKey;
};

const readPicture = async (file: string): Promise<Buffer<ArrayBuffer>> => {
  try {
    return await readFile(file);
  } catch (cause) {
    throw Object.assign(usageError(`There is no picture ${file}, or it cannot be read.`), { cause });
  }
};

/** The picture's type by its content. A picture that no model can use is refused before the upload. */
const contentTypeOf = (bytes: Uint8Array, file: string): 'image/png' | 'image/jpeg' | 'image/webp' => {
  try {
    const { mimeType } = inspectFrame(bytes);
    const known = CONTENT_TYPES.find((type) => type === mimeType);
    if (known) return known;
    throw usageError(`${file} is ${mimeType}; send a PNG, JPEG or WebP.`);
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw Object.assign(usageError(`${file} cannot be a start frame: ${reason}`), { cause });
  }
};

const CONTENT_TYPES = ['image/png', 'image/jpeg', 'image/webp'] as const;

/** Uploads a form, as S3 takes it. Not by fetch, which does not report progress. */
const post = async (
  url: string,
  fields: Readonly<Record<string, string>>,
  file: File,
  signal: AbortSignal,
  onProgress: (sent: number, whole: number) => void,
): Promise<void> => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  // S3 ignores the fields after the file.
  form.append('file', file);
  const encoded = new Response(form);
  const body = Buffer.from(await encoded.arrayBuffer());
  const headers = {
    'content-type': encoded.headers.get('content-type') ?? '',
    'content-length': String(body.byteLength),
  };
  const { status, text } = await new Promise<{ status: number; text: string }>((resolvePost, reject) => {
    const send = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, { method: 'POST', headers, signal }, (response) => {
      readText(response).then(
        (said) => resolvePost({ status: response.statusCode ?? 0, text: said }),
        reject,
      );
    });
    request.on('error', reject);
    writeAll(request, body, onProgress);
  });
  if (status >= 200 && status < 300) return;
  const [, code = `HTTP ${status}`] = /<Code>(.*?)<\/Code>/.exec(text) ?? [];
  const [, message = ''] = /<Message>(.*?)<\/Message>/.exec(text) ?? [];
  throw new CliError(`The file could not be uploaded: ${code}. ${message}`.trim());
};

const writeAll = (
  request: ReturnType<typeof httpRequest>,
  body: Buffer,
  onProgress: (sent: number, whole: number) => void,
  from = 0,
): void => {
  const to = Math.min(from + CHUNK_BYTES, body.byteLength);
  request.write(body.subarray(from, to), () => {
    onProgress(to, body.byteLength);
    if (to < body.byteLength) writeAll(request, body, onProgress, to);
    else request.end();
  });
};
