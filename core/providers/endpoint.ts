/** What a dialect and the address rules need of a provider's settings. */
export interface Endpoint {
  /** Where videos are submitted, without the dialect's path. */
  readonly submitBaseUrl: string;
  /** Where tasks are polled, when it differs. */
  readonly pollBaseUrl?: string | undefined;
  /** How this gateway speaks its dialect, not yet parsed. */
  readonly options: Readonly<Record<string, unknown>>;
}
