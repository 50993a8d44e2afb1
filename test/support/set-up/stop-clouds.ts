import { stopClouds } from './start-clouds.ts';

/** Jest's global teardown of the end-to-end tests. */
export default stopClouds;
