import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePythonEnvironment, PythonEnvironmentError } from '../../../local/python-environment.ts';

let root: string;
let folder: string;
let requirements: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'startframe-python-'));
  folder = join(root, 'venv');
  requirements = join(root, 'requirements.txt');
  await writeFile(requirements, 'imageio-ffmpeg==0.8.1\n');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A stand-in for python3: a shell script, so that no test downloads anything. It logs how it was called. */
async function fakePython(lines: { version?: string; venv?: string; pip?: string } = {}): Promise<string> {
  const script = (own: string) => `#!/bin/sh
echo "$*" >> ${root}/calls
case "$*" in
  *sys.version_info*) echo "${lines.version ?? '3.12'}" ;;
  *imageio_ffmpeg*) echo "${root}/ffmpeg" ;;
  *"-m venv"*) ${lines.venv ?? own} ;;
  *"-m pip"*) ${lines.pip ?? 'sleep 0.3'} ;;
esac
`;
  const inner = join(root, 'inner-python');
  const outer = join(root, 'python3');
  const make = `mkdir -p "$3/bin" && touch "$3/pyvenv.cfg" && cp ${inner} "$3/bin/python"`;
  await writeFile(inner, script('exit 9'));
  await writeFile(outer, script(make));
  await writeFile(join(root, 'ffmpeg'), '');
  await Promise.all([chmod(inner, 0o755), chmod(outer, 0o755)]);
  return outer;
}

const calls = async () => (await readFile(join(root, 'calls'), 'utf8')).split('\n').filter(Boolean);
const installs = async () => (await calls()).filter((call) => call.includes('pip install')).length;

const troubleWith = async (python: string): Promise<PythonEnvironmentError> => {
  const error: unknown = await ensurePythonEnvironment({ folder, requirements, python }).catch(
    (thrown) => thrown,
  );
  if (error instanceof PythonEnvironmentError) return error;
  throw new Error(`not a PythonEnvironmentError: ${error}`);
};

test('builds once, says so, and does nothing when it is there', async () => {
  const python = await fakePython();
  const said: string[] = [];
  const onProgress = (sentence: string) => said.push(sentence);
  const first = await ensurePythonEnvironment({ folder, requirements, python, onProgress });
  expect(first.python).toBe(join(folder, 'bin', 'python'));
  expect(first.ffmpeg()).toBe(join(root, 'ffmpeg'));
  expect(said).toHaveLength(1);
  expect(await calls()).toContain(
    `-m pip install --quiet --no-input --disable-pip-version-check --require-hashes -r ${requirements}`,
  );

  const before = (await calls()).length;
  await ensurePythonEnvironment({ folder, requirements, python, onProgress });
  expect((await calls()).length).toBe(before);
  expect(said).toHaveLength(1);
});

test('two callers at once build it once', async () => {
  const python = await fakePython();
  const said: string[] = [];
  const ask = () =>
    ensurePythonEnvironment({ folder, requirements, python, onProgress: (sentence) => said.push(sentence) });
  await Promise.all([ask(), ask(), ask()]);
  expect(await installs()).toBe(1);
  expect(said.some((sentence) => sentence.startsWith('Waiting'))).toBe(true);
});

test('builds again when the requirements change, or half of it is missing', async () => {
  const python = await fakePython();
  await ensurePythonEnvironment({ folder, requirements, python });
  await writeFile(requirements, 'imageio-ffmpeg==0.9.0\n');
  await ensurePythonEnvironment({ folder, requirements, python });
  expect(await installs()).toBe(2);
  rmSync(join(folder, 'bin', 'python'));
  await ensurePythonEnvironment({ folder, requirements, python });
  expect(await installs()).toBe(3);
});

test('no python3: says what to install', async () => {
  const error = await troubleWith(join(root, 'none'));
  expect(error).toMatchObject({ name: 'PythonEnvironmentError', code: 'PYTHON_MISSING' });
  expect(error.message).toMatch(/Install Python 3\.10 or newer/);
});

test.each(['3.9', '2.7'])('Python %s is too old', async (version) => {
  const error = await troubleWith(await fakePython({ version }));
  expect(error.code).toBe('PYTHON_TOO_OLD');
  expect(error.message).toContain(`is Python ${version}`);
});

test('what needs no ffmpeg and a newer Python gets just that', async () => {
  const options = { folder, requirements, oldestMinor: 11, withoutFfmpeg: true };
  await expect(
    ensurePythonEnvironment({ ...options, python: await fakePython({ version: '3.10' }) }),
  ).rejects.toThrow('needs 3.11 or newer');
  const python = await fakePython({ version: '3.11' });
  const made = await ensurePythonEnvironment({ ...options, python });
  expect(() => made.ffmpeg()).toThrow('without ffmpeg');
  await ensurePythonEnvironment({ ...options, python });
  expect(await installs()).toBe(1);
});

test('no venv module: says which package has it, and leaves nothing', async () => {
  const error = await troubleWith(await fakePython({ venv: 'echo "No module named venv" >&2; exit 1' }));
  expect(error.code).toBe('VENV_MISSING');
  expect(error.message).toContain('No module named venv');
  expect(error.message).toContain('python3-venv');
  await expect(stat(folder)).rejects.toThrow();
});

test('a failing pip: its last line, and the next call starts over', async () => {
  const error = await troubleWith(
    await fakePython({ pip: 'echo noise >&2; echo "no route to host" >&2; exit 1' }),
  );
  expect(error.code).toBe('INSTALL_FAILED');
  expect(error.message).toContain('(no route to host)');
  await ensurePythonEnvironment({ folder, requirements, python: await fakePython() });
});

test('never deletes a folder that is no environment', async () => {
  await mkdir(folder);
  await writeFile(join(folder, 'thesis.txt'), 'years of work');
  expect((await troubleWith(await fakePython())).code).toBe('FOLDER_IN_USE');
  expect(await readFile(join(folder, 'thesis.txt'), 'utf8')).toBe('years of work');
});
