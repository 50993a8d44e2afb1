import { findFreePort } from '../../local/ports.ts';

/** A port that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const port = await findFreePort(0);
  if (port === undefined) throw new Error('This machine has no free port.');
  return port;
};
