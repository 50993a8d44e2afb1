import * as z from 'zod';

// What a stage may say about the way a gateway speaks its dialect, where gateways of one dialect differ.

export const GptprotoOptions = z.strictObject({
  /** How the key stands in the Authorization header: bare as in the seeds' curl examples, or as newer client code has it. */
  keyStyle: z.enum(['bare', 'bearer']).default('bare'),
});

export const GeminiOptions = z.strictObject({
  /** How `durationSeconds` is written. Google and seed 003 take a number; seed 002 types it a string. */
  durationType: z.enum(['number', 'string']).default('number'),
});

/** Below the poll base. One `{id}`; no dots only, no query, nothing that could lead elsewhere. */
const CancelPath = z
  .string()
  .regex(/^(\/([\w~-][\w.~-]*|\{id\}))+$/, 'must be a path such as /v1/video/generations/{id}/cancel')
  .refine((path) => path.split('{id}').length === 2, 'must hold {id} once');

export const OpenAiVideoOptions = z
  .strictObject({
    /** `/v1/video/generations` as JSON (seed 004), or `/v1/videos` as a form with the picture in `input_reference`. */
    submitForm: z.enum(['json', 'multipart']).default('json'),
    /** Below which path a task is polled; by default the path of the submit. */
    pollPath: z.enum(['generations', 'videos']).optional(),
    /**
     * How the picture stands in `images[]`. The seed's example writes a URL, which relays were seen to drop silently and
     * charge; all relays that were tried accept a data URI.
     */
    imageEncoding: z.enum(['data-uri', 'base64', 'url']).default('data-uri'),
    /** Seed 004's table says `seconds`, its example `duration`. */
    durationField: z.enum(['seconds', 'duration']).default('seconds'),
    /**
     * By default `seconds` is a string (the seed's table types it an integer and writes strings; a relay refused the number),
     * and `duration` a number, as in the seed's example.
     */
    durationType: z.enum(['string', 'number']).optional(),
    /** Pixels say resolution and aspect ratio; relays go by them. `name` is 720p, 1080p or 4k. */
    sizeStyle: z.enum(['pixels', 'name']).default('pixels'),
    /** How this gateway cancels a task, where it can: seed 004 says "you can cancel earlier", and not at which address. */
    cancel: z.strictObject({ method: z.enum(['POST', 'DELETE']), path: CancelPath }).optional(),
  })
  .superRefine(({ submitForm, imageEncoding, durationType }, context) => {
    if (submitForm === 'json') return;
    const message = 'left out: with submitForm "multipart" there is one way to carry it';
    if (imageEncoding !== 'data-uri')
      context.addIssue({ code: 'custom', path: ['imageEncoding'], input: imageEncoding, message });
    if (durationType === 'number')
      context.addIssue({ code: 'custom', path: ['durationType'], input: durationType, message });
  });
export type OpenAiVideoOptions = z.infer<typeof OpenAiVideoOptions>;
