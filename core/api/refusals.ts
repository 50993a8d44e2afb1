import { NoBody, type Route } from './route.ts';
import type { ApiAuth } from './settings.ts';

/** A status of a request that is not carried out, and who may answer it: the function, or API Gateway before or instead of it. */
export interface Refusal {
  readonly status: number;
  readonly by: readonly ('us' | 'gateway')[];
}

const both = ['us', 'gateway'] as const;

/** The problems that a route may answer with, by status. */
export const refusalsOf = ({ access, body, problems }: Route, auth: ApiAuth): Refusal[] => {
  const byStatus = new Map<number, Refusal['by']>([
    [400, both],
    [429, both],
    [500, both],
    [503, ['gateway']],
    ...(body === NoBody ? [] : [entry(413, both), entry(415, ['us'])]),
    ...(typeof access === 'object' ? [] : gateOf(auth, access === 'admin')),
    ...problems.filter((status) => status !== 429).map((status) => entry(status, ['us'])),
  ]);
  return [...byStatus]
    .map(([status, by]) => ({ status, by }))
    .sort((one, other) => one.status - other.status);
};

const entry = (status: number, by: Refusal['by']): [number, Refusal['by']] => [status, by];

/** What the gate answers: IAM knows 403 only; the others distinguish missing credentials (401) from missing permission (403). */
const gateOf = (auth: ApiAuth, isForAdmins: boolean): [number, Refusal['by']][] => {
  switch (auth.type) {
    case 'iam':
      return [entry(403, both)];
    case 'jwt':
    case 'api-key':
      return [entry(401, ['gateway']), entry(403, both)];
    case 'none':
      return isForAdmins ? [entry(403, ['us'])] : [];
  }
};
