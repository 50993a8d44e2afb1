import type { FrameReference } from './requested-media.ts';
import type { RequestedParameters } from './requested-parameters.ts';
import { type Field, fieldNamed, readTextFields, type Spelling, unreadableVideo } from './text-fields.ts';

/** `upload:KEY` is an upload; any other name is a key of the inbox, where the drop itself is. */
const objectNamed = (name: string): Exclude<FrameReference, { url: string } | { s3Uri: string }> => {
  const [, key] = /^upload:(.+)$/s.exec(name) ?? [];
  return key === undefined ? { inboxKey: name } : { key };
};

/** People type metadata in a shell: `8 s` and `yes` are understood. */
const spelling: Spelling = {
  secondsUnit: /\s*s(ec(onds?)?)?$/i,
  yes: /^(true|yes|1)$/i,
  no: /^(false|no|0)$/i,
  frame: objectNamed,
  // Any other scheme would be taken for a key of the inbox.
  video: (name) => (/^[a-z][a-z0-9+.-]*:\/\//i.test(name) ? unreadableVideo(name) : objectNamed(name)),
};

/** Separates the parameters of the video from the metadata that the caller only wants to see again (in events and the manifest). */
export const readDropMetadata = (
  metadata: Readonly<Record<string, string>>,
): { readonly requested: RequestedParameters; readonly metadata: Record<string, string> } => {
  const texts: Partial<Record<Field, string>> = {};
  const rest: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata)) {
    const field = fieldNamed(name);
    // The start frame is the dropped object itself.
    if (field && field !== 'frame') texts[field] = value.trim();
    else rest[name] = value;
  }
  return { requested: readTextFields(texts, spelling), metadata: rest };
};
