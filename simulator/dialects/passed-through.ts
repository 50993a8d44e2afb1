/** Parameters that the seeds name for other models of the same gateways (seeds 000 and 004). */
const names = ['audio_type', 'is_rec', 'off_peak', 'enable_sync_mode'];

export const isPassedThrough = (name: string) => names.includes(name);

/** Those of a body, for the ledger. They change nothing here, but for what a dialect says of its own. */
export const passedThroughOf = (content: unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(Object(content)).filter(([name]) => isPassedThrough(name)));
