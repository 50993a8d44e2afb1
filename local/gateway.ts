import { FfmpegMissing, runGateway } from '../simulator/program.ts';
import { ensurePythonEnvironment, PythonEnvironmentError } from './python-environment.ts';

// `npm run gateway`: the simulated gateway with the ffmpeg of the Python environment, which is made on the first start. The
// gateway is a program of its own that is handed an ffmpeg: it knows neither this environment nor the pipeline.

await runGateway(process.argv.slice(2), async () => {
  try {
    return (await ensurePythonEnvironment({ onProgress: (sentence) => console.error(sentence) })).ffmpeg();
  } catch (error) {
    if (!(error instanceof PythonEnvironmentError)) throw error;
    throw new FfmpegMissing(error.message, { cause: error });
  }
});
