import { stopAws } from './start-aws.ts';

/** Jest's global teardown of the integration tests. */
export default stopAws;
