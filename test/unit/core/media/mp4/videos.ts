import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Mp4Inspector } from '../../../../../core/media/mp4/mp4-inspector.ts';

// Made with the ffmpeg 9.0.2 of `pip install imageio-ffmpeg==0.8.1`; the facts below are what `ffmpeg -i` prints of them.
//   pictures: -f lavfi -i testsrc=size=64x64:rate=8:duration=1
//   sound:    -f lavfi -i sine=frequency=440:sample_rate=8000:duration=1 -c:a aac -b:a 8k
//   coding:   -c:v libx264 -preset veryslow -crf 45 -pix_fmt yuv420p -g 4 -map_metadata -1 -fflags +bitexact -flags +bitexact
//             -bsf:v filter_units=remove_types=6
export const whole = {
  durationSeconds: 1,
  width: 64,
  height: 64,
  brand: 'isom',
  codec: 'avc1',
  hasAudio: false,
  fragmented: false,
};
export const videos = [
  ['moov-last.mp4', whole],
  // -movflags +faststart
  ['faststart.mp4', whole],
  // pictures and sound, -movflags +faststart
  ['audio-video.mp4', { ...whole, hasAudio: true }],
  // -f mov
  ['quicktime.mov', { ...whole, brand: 'qt  ' }],
  // -movflags +frag_keyframe+empty_moov
  ['fragmented.mp4', { ...whole, fragmented: true }],
  // -movflags +frag_keyframe+empty_moov+default_base_moof+global_sidx
  ['fragmented-sidx.mp4', { ...whole, brand: 'iso5', fragmented: true }],
  // -movflags +frag_keyframe
  ['first-fragment-in-moov.mp4', { ...whole, fragmented: true }],
] as const;

const fixtures = new Map(
  readdirSync(path.join(import.meta.dirname, '../../../../fixtures/video')).map((name) => [
    name,
    fixture(name),
  ]),
);

export function inspect(bytes: Uint8Array) {
  const inspector = new Mp4Inspector();
  inspector.push(bytes);
  return inspector.finish();
}

/** A copy, free to be changed. */
export function video(name: string): Buffer {
  return Buffer.from(fixtures.get(name) ?? fixture(name));
}

/** A copy with a number written `at` bytes behind the first place that says `box`. */
export function withUint32(bytes: Buffer, box: string, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32BE(value, copy.indexOf(box) + at);
  return copy;
}

function fixture(name: string): Buffer {
  return readFileSync(path.join(import.meta.dirname, '../../../../fixtures/video', name));
}
