import { PortInUse } from './http/listen.ts';
import { defaultKey, readOptions, UsageError } from './options.ts';
import { startGateway } from './server.ts';

/** No ffmpeg was found. The message says what to do. */
export class FfmpegMissing extends Error {
  override readonly name = 'FfmpegMissing';
}

/**
 * Runs the gateway until a signal ends it. `findFfmpeg` is called where no option names an ffmpeg; it rejects with
 * FfmpegMissing. The one line on stdout is for programs that start this one; people read stderr.
 */
export const runGateway = async (
  words: readonly string[],
  findFfmpeg: () => Promise<string>,
): Promise<void> => {
  try {
    await run(words, findFfmpeg);
  } catch (error) {
    const isExpected =
      error instanceof UsageError || error instanceof PortInUse || error instanceof FfmpegMissing;
    console.error(isExpected ? `gateway: ${error.message}` : error);
    if (error instanceof UsageError) console.error('`npm run gateway -- --help` lists the options.');
    process.exitCode = 1;
  }
};

const run = async (words: readonly string[], findFfmpeg: () => Promise<string>): Promise<void> => {
  const options = readOptions(words, process.env.GATEWAY_KEY);
  if (!options) return;
  const ffmpeg = options.ffmpeg ?? (await findFfmpeg());
  const log = options.verbose ? (line: string) => console.error(line) : undefined;
  const gateway = await startGateway({ ...options, ffmpeg, log });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // `on`, not `once`: npm passes Ctrl-C on a second time, which must not cut the tidying short.
    process.on(signal, () => void gateway.close().then(() => process.exit(0)));
  }
  console.log(`gateway: ${gateway.url}`);
  console.error(firstSteps(gateway.url, gateway.key));
};

/** Commands to paste. They show no key but the default one. */
const firstSteps = (url: string, key: string) => {
  const shownKey = key === defaultKey ? key : '<your key>';
  return `
Try it (a video takes a few seconds; the poll answers with its address):
  curl ${url}/api/v3/google/veo3.1-fast/image-to-video \\
    -H 'Authorization: ${shownKey}' -H 'Content-Type: application/json' \\
    -d '{"prompt":"The boat drifts towards the sun","image":"${url}/_gateway/frame.jpg"}'
  curl -H 'Authorization: ${shownKey}' ${url}/api/v3/predictions/<id>/result
  curl ${url}/_gateway/ledger
Faults, limits and more: npm run gateway -- --help. Ctrl-C ends it.
`;
};
