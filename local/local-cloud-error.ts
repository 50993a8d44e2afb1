/** The local cloud could not do it. The message is for the person at the terminal: what is wrong and what to do. */
export class LocalCloudError extends Error {
  override readonly name = 'LocalCloudError';
}
