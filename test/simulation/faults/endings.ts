import type { Ending } from './provider-fault.ts';

// The endings that provider faults allow.

export const stored: readonly Ending[] = ['stored'];
export const free: readonly Ending[] = ['failed free'];
export const unknown: readonly Ending[] = ['submit unknown'];
export const waits: readonly Ending[] = ['waits'];
/** The circuit is open: one submit at a time probes the provider. */
export const parked: readonly Ending[] = ['open, operator notified'];
export const told: readonly Ending[] = ['failed, operator notified'];
