import * as z from 'zod';
import { requireFromSetup, TEST_CLOUDS } from '../set-up/handover.ts';
import type { CloudGroup } from './groups.ts';

const Key = z.object({ accessKeyId: z.string(), secretAccessKey: z.string() });

/** A cloud that the set-up of Jest keeps running, as a test file needs to know it. */
export const JoinedCloud = z.object({
  access: z.object({ endpoint: z.string(), region: z.string(), credentials: Key }),
  /** The keys of the roles that callers have, by their names. */
  roles: z.record(z.string(), Key.extend({ sessionToken: z.string() })),
  outputs: z.record(z.string(), z.string()),
  outputsFile: z.string(),
  gatewayUrl: z.string(),
  gatewayKey: z.string(),
  /** Where the functions find AWS: a proxy that refuses what AWS refuses. Absent where they reach the cloud directly. */
  wireUrl: z.string().exactOptional(),
  /** Where a suite may serve pictures from this machine; nobody listens there yet. */
  frameOrigin: z.string(),
});
export type JoinedCloud = z.infer<typeof JoinedCloud>;

/** The cloud of a group. The first suite that joins waits until it is deployed. */
export const joinCloud = async (group: CloudGroup): Promise<JoinedCloud> => {
  const response = await fetch(`${requireFromSetup(TEST_CLOUDS)}/${group}`);
  if (!response.ok) throw new Error(`The cloud "${group}" did not start: ${await response.text()}`);
  return JoinedCloud.parse(await response.json());
};

/** What the simulated gateway saw, as it shows it. */
const Ledger = z.looseObject({
  tasks: z.array(
    z.looseObject({
      id: z.string(),
      prompt: z.string(),
      status: z.string(),
      charged: z.boolean(),
      chargedMicros: z.number(),
      createdAt: z.string(),
      dueAt: z.string(),
    }),
  ),
  /** Every POST to a submit address, whatever came of it. */
  submitLog: z.array(z.looseObject({ at: z.string(), prompt: z.string().optional(), status: z.number() })),
  /** What arrived at the other origin, where the key must never be seen. */
  foreignRequests: z.array(z.unknown()),
});
export type Ledger = z.infer<typeof Ledger>;

export const readLedger = async ({ gatewayUrl }: JoinedCloud): Promise<Ledger> =>
  Ledger.parse(await (await fetch(`${gatewayUrl}/_gateway/ledger`)).json());
