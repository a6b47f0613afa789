import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The tools, in a Python of their own. Errors of theirs are shown; progress bars and warnings are not. */
export interface Python {
  /** Runs a script of this folder, and returns what it prints. */
  run(script: string, ...args: readonly string[]): string;
  /** Runs a line of code. */
  line(code: string): void;
}

const packages = [
  'transformers',
  'open_clip_torch',
  'onnxruntime',
  'numpy<2.4', // Later ones refuse how CLIP_benchmark 1.6 counts an accuracy.
  'pandas',
  'polars',
  'pillow',
  'ftfy',
  'pyarrow',
  'fsspec',
  'datasets',
  'scikit-learn',
];
/** Without what they bring besides, which is large or not used. Where one cannot be had, only its rows are missing. */
const alone = ['webdataset', 'braceexpand', 'img2dataset', 'clip_benchmark'];

/** A Python at a path; else that of a new venv in `folder`, which downloads the tools. `folder` takes their caches. */
export function openPython(path: string | undefined, folder: string): Python {
  const python = path ?? makeVenv(join(folder, 'venv'));
  const run = (args: readonly string[]): string =>
    execFileSync(python, args, {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      env: { ...process.env, ...quiet, HF_HOME: join(folder, 'hugging-face') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  return {
    run: (script, ...args) =>
      run([fileURLToPath(new URL(`../../../test/interop/${script}`, import.meta.url)), ...args]),
    line: (code) => void run(['-c', code]),
  };
}

const quiet = {
  HF_HUB_DISABLE_PROGRESS_BARS: '1',
  HF_HUB_OFFLINE: '1', // Everything is on this machine.
  PYTHONWARNINGS: 'ignore',
  TQDM_DISABLE: '1',
  TRANSFORMERS_VERBOSITY: 'error',
};

function makeVenv(place: string): string {
  process.stdout.write(`Making a venv with ${packages.join(', ')} …\n`);
  execFileSync('python3', ['-m', 'venv', place], { stdio: 'inherit' });
  const python = join(place, 'bin', 'python');
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...packages], { stdio: 'inherit' });
  for (const name of alone) {
    const { status } = spawnSync(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', name], { stdio: 'inherit' });
    if (status !== 0) process.stdout.write(`${name} could not be installed: its rows will say so.\n`);
  }
  return python;
}
