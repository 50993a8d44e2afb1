import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { FfmpegMissing, runGateway } from './program.ts';

// The gateway as a program of its own, with the ffmpeg of the PATH. `npm run gateway` (local/gateway.ts) brings its own.

await runGateway(process.argv.slice(2), async () => {
  try {
    await promisify(execFile)('ffmpeg', ['-version']);
    return 'ffmpeg';
  } catch (cause) {
    throw new FfmpegMissing('ffmpeg is not on the PATH. Install it, or name one with --ffmpeg PATH.', {
      cause,
    });
  }
});
