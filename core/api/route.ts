import * as z from 'zod';

/** A route that has no body, or whose path or query says nothing. */
export const NoBody = z.undefined();
export const NoFields = z.strictObject({});

export type Method = 'GET' | 'POST' | 'DELETE';

export interface RouteAnswer {
  readonly description: string;
  /** Of a JSON body; without it there is none. */
  readonly body?: z.ZodType;
  /** Name of a header, and what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Who may call a route: every known identity, an admin of the stage, or anybody, for a reason. */
export type Access = 'owner' | 'admin' | { readonly publicBecause: string };

/**
 * One route of the HTTP API, defined once: the function checks requests with it, the stack adds it to API Gateway, the OpenAPI
 * document describes it.
 */
export interface Route {
  readonly method: Method;
  /** As API Gateway and OpenAPI write it: `/jobs/{id}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  /** Request headers that the route reads, by their lower-case names. */
  readonly headers: z.ZodType;
  readonly body: z.ZodType;
  /** A request without a body means `{}`. */
  readonly isBodyOptional?: boolean;
  /** Above it the answer is 413. */
  readonly maxBodyBytes: number;
  /** What is answered when it worked, by status. */
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** Statuses of problems beside those that every route has. */
  readonly problems: readonly number[];
}

/** The defaults of a route. Headers that no route reads are ignored. */
export const plainRoute = {
  access: 'owner',
  params: NoFields,
  query: NoFields,
  headers: z.object({}),
  body: NoBody,
  maxBodyBytes: 128 * 1024,
  problems: [],
} as const;

/** The path's `{id}`: of a job, a batch or a provider. */
export const IdParams = z.strictObject({ id: z.string().min(1).max(128) });

/** How API Gateway names a route: `GET /jobs/{id}`. */
export const routeKeyOf = ({ method, path }: Pick<Route, 'method' | 'path'>): string => `${method} ${path}`;
