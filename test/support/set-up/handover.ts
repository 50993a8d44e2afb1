/** What a set-up of Jest hands over to the test files: variables of the environment, which the workers inherit. */

/** The address of the strict wire before the MiniStack of the integration tests. */
export const TEST_AWS = 'STARTFRAME_TEST_AWS';

/** The ffmpeg program, and the folder where `cached-ffmpeg.mjs` keeps what it rendered. */
export const TEST_FFMPEG = 'STARTFRAME_TEST_FFMPEG';
export const TEST_FILMS = 'STARTFRAME_TEST_FILMS';

/** The address where an end-to-end test asks for the cloud of its group. */
export const TEST_CLOUDS = 'STARTFRAME_TEST_CLOUDS';

export const requireFromSetup = (name: string): string => {
  const value = process.env[name];
  if (value) return value;
  throw new Error(
    `${name} is not set. Run the tests with Jest and the repository's jest.config.js: its global set-up starts the local cloud.`,
  );
};
