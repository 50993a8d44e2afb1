import * as z from 'zod';

// Not by `instanceof Error`: in a test runner with realms of its own, what Node throws is no Error of ours.
const Facts = z.object({ message: z.string().catch(''), code: z.string().optional().catch(undefined) });

const factsOf = (error: unknown): z.infer<typeof Facts> => {
  const facts = Facts.safeParse(error);
  return facts.success ? facts.data : { message: String(error), code: undefined };
};

export const messageOf = (error: unknown): string => factsOf(error).message || String(error);

/** Node's own name of what went wrong: `EEXIST`, `ERR_PARSE_ARGS_UNKNOWN_OPTION`. */
export const codeOf = (error: unknown): string | undefined => factsOf(error).code;
