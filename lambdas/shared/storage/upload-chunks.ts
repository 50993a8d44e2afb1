// S3 refuses a chunk of a streamed upload that is below 8,192 bytes, except the last (InvalidChunkSizeError):
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
// More than the minimum costs nothing and means fewer chunk headers.
const MIN_CHUNK_BYTES = 65_536;

/**
 * Joins what the network delivers into chunks that S3 accepts. The SDK sends a chunk of a stream as one chunk of aws-chunked, so
 * the records of a TLS connection (1,369 bytes at a cautious server) would be refused.
 *
 * The SDK's own `requestStreamBufferSize` joins chunks too, but it reads its source without back-pressure: a video that arrives
 * faster than S3 accepts it would fill the function's memory.
 */
export async function* uploadChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let joined: Uint8Array[] = [];
  let joinedBytes = 0;
  for await (const chunk of source) {
    joined.push(chunk);
    joinedBytes += chunk.byteLength;
    if (joinedBytes < MIN_CHUNK_BYTES) continue;
    yield join(joined);
    joined = [];
    joinedBytes = 0;
  }
  if (joinedBytes > 0) yield join(joined);
}

const join = (chunks: readonly Uint8Array[]): Uint8Array => {
  const [only] = chunks;
  return chunks.length === 1 && only ? only : Buffer.concat(chunks);
};
