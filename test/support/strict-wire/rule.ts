import type { WireRequest } from './wire-request.ts';

/** One thing that AWS refuses. */
export interface Rule {
  readonly id: string;
  /** As the signature's scope names it; `any` is every signed request. */
  readonly service: 's3' | 'dynamodb' | 'sqs' | 'states' | 'events' | 'sts' | 'secretsmanager' | 'any';
  /** AWS's page that says so. */
  readonly document: string;
  /** HTTP status and error code of AWS's answer. Where services differ, `refusal.ts` translates the code. */
  readonly status: number;
  readonly code: string;
  /** What is wrong with the request, or undefined. */
  readonly check: (request: WireRequest) => string | undefined;
}

/** The first sentence, if any: most checks look at many values. */
export const first = (sentences: Iterable<string | undefined | false>): string | undefined => {
  for (const sentence of sentences) if (sentence) return sentence;
  return undefined;
};

export const bytesOf = (text: string): number => Buffer.byteLength(text);
