import { type AddressPolicy, ownOriginsOf } from '../../../core/providers/address-policy.ts';
import type { SendHttp, VideoProvider } from '../../../core/providers/provider.ts';
import { providerOf } from '../../../core/providers/registry.ts';
import type { ProviderSettings } from '../../../core/settings.ts';
import { createSendHttp } from '../http/http.ts';
import { readProviderKey } from '../platform/provider-keys.ts';
import { providerSettings } from '../platform/settings.ts';

const privateOrigins = (settings: ProviderSettings): readonly string[] =>
  settings.allowPrivateAddresses ? ownOriginsOf(settings) : [];

/** The addresses that this provider's videos may come from. */
export const downloadPolicy = (provider: string | undefined): AddressPolicy => {
  const settings = providerSettings(provider);
  return {
    privateOrigins: privateOrigins(settings),
    ...(settings.downloadOrigins
      ? { allowedOrigins: [...settings.downloadOrigins, ...ownOriginsOf(settings)] }
      : {}),
  };
};

/** Headers (the key) for this provider's own origins alone, wherever a redirect leads. */
export const ownOriginsOnly =
  (
    settings: Pick<ProviderSettings, 'submitBaseUrl' | 'pollBaseUrl'>,
    headers: Readonly<Record<string, string>>,
  ) =>
  (origin: string): Readonly<Record<string, string>> | undefined =>
    ownOriginsOf(settings).includes(origin) ? headers : undefined;

const connect = (provider: string | undefined, wrap: (send: SendHttp) => SendHttp): VideoProvider => {
  const settings = providerSettings(provider);
  return providerOf({
    settings,
    send: wrap(createSendHttp({ privateOrigins: privateOrigins(settings) })),
    key: (options) => readProviderKey(provider ?? '', options),
  });
};

export const providerFor = (provider: string | undefined): VideoProvider => connect(provider, (send) => send);

/** A provider that reports whether anything was sent: an error before that is known to be free. */
export const sendingProviderFor = (
  provider: string | undefined,
): { provider: VideoProvider; wasSent: () => boolean } => {
  let sent = false;
  const noting =
    (send: SendHttp): SendHttp =>
    (request) => {
      sent = true;
      return send(request);
    };
  return { provider: connect(provider, noting), wasSent: () => sent };
};

/** Whether the secret holds another key than the one that was just refused. */
export const hasNewKey = async (provider: string | undefined): Promise<boolean> => {
  const refused = await readProviderKey(provider ?? '');
  return (await readProviderKey(provider ?? '', { fresh: true })) !== refused;
};
