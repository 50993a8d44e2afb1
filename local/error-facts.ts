import * as z from 'zod';

// Not by `instanceof Error`: Jest has realms of its own, and there an error that Node throws is not an instance of its Error.
const Facts = z.object({ message: z.string().catch(''), code: z.string().optional().catch(undefined) });

const factsOf = (error: unknown): z.infer<typeof Facts> => {
  const facts = Facts.safeParse(error);
  return facts.success ? facts.data : { message: String(error), code: undefined };
};

export const messageOf = (error: unknown): string => factsOf(error).message || String(error);

/** Node's own code of an error: `EEXIST`, `ECONNREFUSED`. */
export const codeOf = (error: unknown): string | undefined => factsOf(error).code;
