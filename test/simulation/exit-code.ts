/** The exit code of a proof in which a promise was broken. */
export const VIOLATED = 1;
