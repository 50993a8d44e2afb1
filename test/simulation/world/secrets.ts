import { createHash } from 'node:crypto';
import { HOUR, START } from './names.ts';

const RIGHTED_AT = START + 3 * HOUR;
const RIGHTED_LATE_AT = START + 30 * HOUR;

/** What is wrong with the key in the provider's secret. */
export type KeyFault =
  | 'missing'
  | 'wrong'
  | 'missing for hours'
  | 'wrong for hours'
  | 'wrong for 30 hours'
  | 'changed';

/** The texts that must never be written. Each run has its own, so that a finding names its run. */
export class Secrets {
  /** The valid key and a revoked one. */
  readonly key: string;
  readonly oldKey: string;
  readonly frameReader: { readonly accessKeyId: string; readonly secret: string; readonly token: string };
  private readonly keyFault: KeyFault | undefined;
  private reads = 0;

  constructor(seed: string, keyFault: KeyFault | undefined) {
    // Not in the usual shape of keys: only code that knows the key can redact it.
    const canary = (what: string) =>
      `${what}${createHash('sha256').update(`${seed}/${what}`).digest('base64url').slice(0, 24)}`;
    this.key = canary('Kq');
    this.oldKey = canary('Kb');
    this.frameReader = { accessKeyId: 'ASIAPROOFPROOF', secret: canary('Ks'), token: canary('Kt') };
    this.keyFault = keyFault;
  }

  /** The value of the provider's secret at this time. */
  read(nowMs: number): string | undefined {
    this.reads += 1;
    switch (this.keyFault) {
      case 'missing':
        return undefined;
      case 'wrong':
        return this.oldKey;
      case 'missing for hours':
        return nowMs < RIGHTED_AT ? undefined : this.key;
      case 'wrong for hours':
        return nowMs < RIGHTED_AT ? this.oldKey : this.key;
      case 'wrong for 30 hours':
        return nowMs < RIGHTED_LATE_AT ? this.oldKey : this.key;
      case 'changed':
        return this.reads === 1 ? this.oldKey : this.key;
      default:
        return this.key;
    }
  }

  get secrets(): readonly string[] {
    return [this.key, this.oldKey, this.frameReader.secret, this.frameReader.token, 'X-Amz-Signature='];
  }
}
