import { answerVariants } from './answer-variants.ts';
import type { FaultRow } from './fault.ts';
import { fileFaults } from './file-faults.ts';
import { pollFaults } from './poll-faults.ts';
import { submitFaults } from './submit-faults.ts';
import { taskFaults } from './task-faults.ts';

/** Every fault that the gateway knows, in the order of its help. */
export const faultRows: readonly FaultRow[] = [
  ...submitFaults,
  ...taskFaults,
  ...pollFaults,
  ...fileFaults,
  ...answerVariants,
];
