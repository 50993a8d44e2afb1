/** The time as the records write it. Read here, at the edge; core takes it as an argument. */
export const now = (): string => new Date().toISOString();
