// Items that an earlier release wrote are read by their present names. Items are written whole, so the earlier name is gone with
// the next write. An entry stays for as long as a job of its release may be open, and upgrades from that release are supported.

/** Attributes of a job's STATE that release 0.1.0 wrote: earlier name → present name. */
const JOB_STATE = {
  place: 'queueKey',
  breaks: 'openedCircuits',
  orderWasFree: 'lastSubmitWasFree',
  doubt: 'unconfirmed',
} as const;

/** Attributes of a provider's state that release 0.1.0 wrote: earlier name → present name. */
const PROVIDER_STATE = { clocks: 'virtualTimes', hold: 'pause' } as const;

type Item = Readonly<Record<string, unknown>>;

/** A job's STATE item under its present names. */
export const renameJobState = (item: Item): Item => rename(item, JOB_STATE);

/** A provider's state item under its present names. */
export const renameProviderState = (item: Item): Item => rename(item, PROVIDER_STATE);

const rename = (item: Item, names: Readonly<Record<string, string>>): Item =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [names[name] ?? name, value]));
