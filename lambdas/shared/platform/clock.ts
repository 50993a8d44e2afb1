/** The time as the records write it. The edge looks it up; core is told. */
export const now = (): string => new Date().toISOString();
