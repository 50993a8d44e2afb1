/** A body in the encoding `aws-chunked`, taken apart. */
export interface AwsChunked {
  /** Sizes of the data chunks, without the empty one that ends them. */
  readonly chunkBytes: readonly number[];
  readonly content: Buffer;
  /** Names in lower case. */
  readonly trailers: ReadonlyMap<string, string>;
}

/**
 * Reads a body in the encoding `aws-chunked`: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 * Answers undefined when the body is cut off or is not in that encoding.
 */
export const readAwsChunked = (body: Buffer): AwsChunked | undefined => {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const [size = ''] = body.toString('latin1', at, lineEnd).split(';');
    if (!/^[0-9a-f]+$/i.test(size)) return undefined;
    const bytes = Number.parseInt(size, 16);
    const start = lineEnd + 2;
    if (bytes === 0) return { ...dataOf(chunks), trailers: readTrailers(body.toString('latin1', start)) };
    if (body.toString('latin1', start + bytes, start + bytes + 2) !== '\r\n') return undefined;
    chunks.push(body.subarray(start, start + bytes));
    at = start + bytes + 2;
  }
};

const dataOf = (chunks: readonly Buffer[]): Pick<AwsChunked, 'chunkBytes' | 'content'> => ({
  chunkBytes: chunks.map(({ byteLength }) => byteLength),
  content: Buffer.concat(chunks),
});

const readTrailers = (text: string): Map<string, string> =>
  new Map(
    text
      .split('\r\n')
      .filter((line) => line.includes(':'))
      .map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
      }),
  );
