import * as z from 'zod';

/** An http(s) address without a slash at its end. */
export const HttpUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));
