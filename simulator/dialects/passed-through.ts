/** Parameters that seeds 000 and 004 name for other models of the same gateways. */
const names = ['audio_type', 'is_rec', 'off_peak', 'enable_sync_mode'];

export const isPassedThrough = (name: string) => names.includes(name);

/** The passed-through parameters of a body, for the ledger. They have no effect here unless the dialect uses one itself. */
export const passedThroughOf = (content: unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(Object(content)).filter(([name]) => isPassedThrough(name)));
