/** Describes a video. The same recipe always gives the same bytes. */
export interface Recipe {
  readonly width: number;
  readonly height: number;
  readonly durationSeconds: number;
  /** The colours of the gradient when there is no footage; below `paletteCount`. */
  readonly palette: number;
}

/** A picture or a video that the film starts from. */
export interface FilmInput {
  readonly path: string;
  readonly isVideo: boolean;
}

const framesPerSecond = 24;
const colours = '-color_range tv -colorspace bt709 -color_primaries bt709 -color_trc bt709'.split(' ');
const toVideoColours = 'out_range=tv:out_color_matrix=bt709';
const zoom = 0.06; // the share of each side that the zoom cuts away by the end

// Dusk, sea, forest, rose: four colours each, dark to light.
const palettes = [
  ['1f3a5f', '6d6f9a', 'e8a58f', 'f9d79f'],
  ['0f3d4c', '2f7f86', '8fc7b5', 'f2ecd0'],
  ['1d3b2f', '4f7a4d', 'a9b665', 'f3e3a3'],
  ['3a2140', '8a4a6b', 'd98a94', 'f7d9c4'],
] as const;

export const paletteCount = palettes.length;

/**
 * The ffmpeg arguments for a recipe: H.264 and AAC in an MP4 with its index in front. No input gives a moving
 * gradient, one picture a slow zoom, two a zoom that dissolves between them, a video the video and then its last frame.
 */
export const filmArguments = (recipe: Recipe, inputs: readonly FilmInput[], output: string): string[] => {
  const { durationSeconds } = recipe;
  const sources = inputs.length > 0 ? inputs.flatMap(({ path }) => ['-i', path]) : gradientInput(recipe);
  const noise = `anoisesrc=color=brown:amplitude=0.06:sample_rate=48000:seed=24:duration=${durationSeconds}`;
  const audioIndex = Math.max(inputs.length, 1);
  const graph = `${videoGraph(recipe, inputs)};${audioGraph(audioIndex, durationSeconds)}`;
  return [
    ...['-nostdin', '-v', 'error', '-y'],
    ...sources,
    ...['-f', 'lavfi', '-i', noise],
    ...['-filter_complex', graph],
    ...['-map', '[video]', '-map', '[audio]', '-t', String(durationSeconds)],
    // ultrafast costs a quarter of the default preset, and the quality does not matter here
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '27', '-pix_fmt', 'yuv420p', '-threads', '2'],
    ...['-c:a', 'aac', '-b:a', '64k', '-ac', '2'],
    // written in full, so that players and checkers need not guess (else a JPEG's full range would stay)
    ...colours,
    // bitexact: the same frame gives the same bytes, so a stored video can be compared
    ...['-map_metadata', '-1', '-fflags', '+bitexact', '-flags:v', '+bitexact', '-flags:a', '+bitexact'],
    ...['-movflags', '+faststart', '-f', 'mp4', output],
  ];
};

const gradientInput = ({ width, height, durationSeconds, palette }: Recipe): string[] => {
  const colours = palettes[palette % paletteCount] ?? palettes[0];
  const size = width > height ? '640x360' : '360x640';
  const source = [
    `gradients=size=${size}`,
    `rate=${framesPerSecond}`,
    `duration=${durationSeconds}`,
    'speed=0.012:type=linear:nb_colors=4',
    `seed=${palette}`,
    ...colours.map((colour, index) => `c${index}=0x${colour}`),
  ].join(':');
  return ['-f', 'lavfi', '-i', source];
};

/**
 * Filters work on a 720p plane and the result is enlarged at the end, so that 4k costs 4 s, not 15 s. `perspective`, not
 * `zoompan`: zoompan moves by whole pixels, and the trembling was 0.30 px even on a picture twice the size (0.15 px on
 * four times), against 0.015 px here for 0.4 s more (measured Nov 2026, ffmpeg 9.0.2).
 */
const videoGraph = ({ width, height, durationSeconds }: Recipe, inputs: readonly FilmInput[]): string => {
  const [planeWidth, planeHeight] = width > height ? [1280, 720] : [720, 1280];
  const frames = Math.round(framesPerSecond * durationSeconds);
  const enlarge = width === planeWidth ? '' : `,scale=${width}:${height}:flags=bilinear`;
  if (inputs.length === 0)
    return `[0:v]scale=${width}:${height}:flags=bicubic:${toVideoColours},setsar=1,format=yuv420p[video]`;

  const cover = [
    `scale=${planeWidth}:${planeHeight}:force_original_aspect_ratio=increase:flags=lanczos:${toVideoColours}`,
    `crop=${planeWidth}:${planeHeight}`,
    'setsar=1',
    'format=yuv420p',
  ].join(',');
  if (inputs[0]?.isVideo) {
    const goOn = `tpad=stop_mode=clone:stop_duration=${durationSeconds}`;
    return `[0:v]fps=${framesPerSecond},${cover},${goOn}${enlarge}[video]`;
  }
  const still = [
    cover,
    `loop=loop=${frames - 1}:size=1:start=0`,
    `setpts=N/${framesPerSecond}/TB`,
    `fps=${framesPerSecond}`,
  ].join(',');
  const left = `${zoom}*W*on/${frames}`;
  const top = `${zoom}*H*on/${frames}`;
  const move = [
    `perspective=x0='${left}':y0='${top}':x1='W-${left}':y1='${top}'`,
    `x2='${left}':y2='H-${top}':x3='W-${left}':y3='H-${top}':interpolation=linear:eval=frame`,
  ].join(':');
  if (inputs.length === 1) return `[0:v]${still},${move}${enlarge}[video]`;
  // From one second after the start to one second before the end, where the film is long enough.
  const dissolve = `xfade=transition=fade:duration=${Math.max(0.5, durationSeconds - 2)}:offset=${Math.min(1, durationSeconds / 3)}`;
  return `[0:v]${still}[first];[1:v]${still}[last];[first][last]${dissolve},${move}${enlarge}[video]`;
};

/** Veo's videos have sound: a soft sea, faded in and out. */
const audioGraph = (index: number, durationSeconds: number): string => {
  const fades = `afade=t=in:d=1,afade=t=out:st=${Math.max(0, durationSeconds - 1)}:d=1`;
  return `[${index}:a]lowpass=f=600,${fades}[audio]`;
};
