import { createHash } from 'node:crypto';
import { InvalidVideo } from '../../../core/kernel/errors.ts';
import { type Mp4Facts, Mp4Inspector } from '../../../core/media/mp4/mp4-inspector.ts';

export interface VerifiedFacts extends Mp4Facts {
  readonly sha256: string;
}

/**
 * Passes a video on while it inspects it, one chunk behind: the last bytes go on only when the whole is known to be a playable
 * MP4, so that a PUT of the declared length cannot complete before. Throws `InvalidVideo`.
 */
export class VerifiedVideo implements AsyncIterable<Uint8Array> {
  private readonly source: AsyncIterable<Uint8Array>;
  private readonly declaredBytes: number | undefined;
  private verified: VerifiedFacts | undefined;

  constructor(source: AsyncIterable<Uint8Array>, declaredBytes?: number) {
    this.source = source;
    this.declaredBytes = declaredBytes;
  }

  /** The facts of the video, once all of it went through. */
  get facts(): VerifiedFacts {
    if (!this.verified) throw new InvalidVideo('The video was not read to its end.');
    return this.verified;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const inspector = new Mp4Inspector();
    const hash = createHash('sha256');
    let held: Uint8Array | undefined;
    for await (const chunk of this.source) {
      if (chunk.byteLength === 0) continue;
      inspector.push(chunk);
      hash.update(chunk);
      if (held) yield held;
      held = chunk;
    }
    const facts = inspector.finish();
    if (this.declaredBytes !== undefined && facts.bytes !== this.declaredBytes)
      throw new InvalidVideo(`The video has ${facts.bytes} bytes, ${this.declaredBytes} were declared.`);
    this.verified = { ...facts, sha256: hash.digest('hex') };
    if (held) yield held;
  }
}
