import * as z from 'zod';

/** One field of a request, and what is wrong with it. */
export const FieldProblem = z.object({ field: z.string(), message: z.string() }).meta({ id: 'FieldProblem' });
export type FieldProblem = z.infer<typeof FieldProblem>;

/** The problems of a value that does not meet its schema. @param whole what to call the value itself */
export const fieldProblems = ({ issues }: z.ZodError, whole: string): FieldProblem[] =>
  issues.map(({ path, message }) => {
    const field = path.join('.') || whole;
    return { field, message: `${field}: ${message}.` };
  });
