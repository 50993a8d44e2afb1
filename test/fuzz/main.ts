import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LocalCloudError } from '../../local/local-cloud-error.ts';
import { showProgress } from '../../local/progress.ts';
import { PythonEnvironmentError } from '../../local/python-environment.ts';
import { fuzz } from './fuzz.ts';

const help = `npm run fuzz -- [options]

Starts a local cloud of its own with the real template, and lets schemathesis (https://schemathesis.readthedocs.io) make requests of
the API's own document: right ones, wrong ones, and courses of several. Every answer has to be one that the document knows: by its
status, type, headers and body; none may be a 5xx; what the document forbids has to be refused. Ends with 1 when one was not.

  --examples N   requests for each operation and phase (default 150)
  --seconds N    ends after so long at the latest (default 600)
  --seed N       another course of chance (default 1)
  --only ID      only this operation of the document, such as createJob
  --help`;

const { values } = parseArgs({
  options: {
    examples: { type: 'string', default: '150' },
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(help);
else {
  const folder = mkdtempSync(join(tmpdir(), 'startframe-fuzz-'));
  try {
    process.exitCode = await fuzz({ ...values, folder, progress: showProgress(process.stdout) });
  } catch (error) {
    // What a person can mend is said in a sentence; anything else is a mistake of ours.
    if (!(error instanceof LocalCloudError || error instanceof PythonEnvironmentError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
