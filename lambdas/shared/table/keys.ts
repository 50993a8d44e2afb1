import { partitionOf } from '../../../core/kernel/ids.ts';

export const partition = (jobId: string): string => `J#${jobId}`;
/** In the order of lines: `000017`. */
export const lineKey = (line: number): string => String(line).padStart(6, '0');
export const eventKey = (sequence: number): string => `EVENT#${String(sequence).padStart(6, '0')}`;
export const attemptKey = (attempt: number): string => `ATTEMPT#${attempt}`;

// So that no stage's open jobs make one partition hot.
const DUE_PARTITIONS = 8;

/** The partitions of the index `due`: what the sweeper looks through. */
export const duePartitions = Array.from({ length: DUE_PARTITIONS }, (_, index) => `DUE#${index}`);

export const duePartition = (jobId: string): string => `DUE#${partitionOf(jobId, DUE_PARTITIONS)}`;
