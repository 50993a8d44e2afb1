import type { Failure, Reservation } from './job.ts';

/** The reservation of a job that ends without a video: 0 when the submit was free. A person settles an unknown charge. */
export const settleReservation = (
  reserved: Reservation | undefined,
  charged: Failure['charged'],
): Reservation | undefined => (charged === 'no' ? refund(reserved) : reserved);

/** The day stays: a charge that turns up later counts there. */
export const refund = (reserved: Reservation | undefined): Reservation | undefined =>
  reserved && { ...reserved, micros: 0 };
