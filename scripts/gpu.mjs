// Checks and measures kernels of our own on the GPU of this machine, within a quarter of an hour, after
// `npm run build`: every primitive and a whole step against the interpreter and the CPU, then training steps, each
// beside a peer's if there is one. `node scripts/gpu.mjs --device cuda [--peer PROGRAM.py] [--tiny]`. The peer takes
// --model, --batch, --micro, --precision, --steps, --device and --single, and prints a JSON line with `pairs_per_s`.
// With --tiny, models and batches are such that PoCL, on a CPU, has done soon. The exit code is 1 where something is
// wrong or cannot be measured.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'cuda' },
    peer: { type: 'string' },
    tiny: { type: 'boolean', default: false },
  },
});
if (!['cuda', 'opencl'].includes(values.device)) {
  console.error(`--device: expected cuda or opencl, got ${values.device}`);
  process.exit(2);
}

/** No step of one row may take the time of the others. */
const rowLimitMs = 180_000;
const rows = values.tiny
  ? [{ model: 'small', peer: 'small', batch: 8, micro: 4, precision: 'float32', steps: 1 }]
  : [
      { model: 'ViT-B-32', peer: 'vit-b-32', batch: 1024, micro: 256, precision: 'float32', steps: 5 },
      { model: 'ViT-L-14', peer: 'vit-l-14', batch: 256, micro: 64, precision: 'float32', steps: 3 },
      { model: 'RN50', peer: undefined, batch: 256, micro: 64, precision: 'float32', steps: 3 },
    ];

let isRight = check();
const table = rows.map((row) => {
  const ours = measured(process.execPath, ['dist/bench/gpu.js', ...options(row, row.model, values.device)]);
  const theirs =
    values.peer && row.peer
      ? measured('python3', [values.peer, ...options(row, row.peer, values.tiny ? 'cpu' : 'cuda'), '--single'])
      : undefined;
  isRight &&= ours !== undefined && (theirs !== undefined || !values.peer || !row.peer);
  return [row.model, row.batch, row.micro, row.precision, ours ?? 'failed', theirs ?? '', ratio(ours, theirs)];
});
print([['model', 'N', 'b', 'precision', 'ours, pairs/s', 'peer, pairs/s', 'ours ÷ peer'], ...table]);
process.exitCode = isRight ? 0 : 1;

/** Tests of the device; they are left out where its driver or GPU is missing, which is wrong here. */
function check() {
  const files = ['dist/test/engine/primitives.spec.js', 'dist/test/equivalence/kernel-devices.spec.js'];
  // Where vitest.config.ts has the report written.
  const report = join(root, 'dist', 'test-report.json');
  rmSync(report, { force: true });
  const { stdout, stderr } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...files], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (!existsSync(report)) {
    console.error(`The tests gave no report:\n${stdout}${stderr}`);
    return false;
  }
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const own = testResults
    .flatMap((file) => file.assertionResults)
    .filter(({ fullName }) => fullName.includes(`on ${values.device}`));
  const count = (status) => own.filter((test) => test.status === status).length;
  for (const { fullName, failureMessages } of own.filter((test) => test.status === 'failed'))
    console.error(`${fullName}: ${failureMessages.join('\n').slice(0, 1000)}`);
  console.log(`Checks on ${values.device}: ${count('passed')} passed, ${count('failed')} failed`);
  if (count('passed') === 0) console.error(own[0]?.fullName ?? 'No test was found: run `npm run build` first.');
  return count('passed') > 0 && count('failed') === 0;
}

function options({ batch, micro, precision, steps }, model, device) {
  return Object.entries({ model, batch, micro, precision, steps, device }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
}

/** Pairs per second, as the program's last line says; undefined, with the program's words, if it failed. */
function measured(program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    timeout: rowLimitMs,
  });
  if (status === 0) {
    const line = stdout.trim().split('\n').at(-1);
    console.log(line);
    return JSON.parse(line).pairs_per_s;
  }
  console.error(`${program} ${args.join(' ')}: ${error?.message ?? ''} ${String(stderr).trim().slice(-1000)}`);
  return undefined;
}

function ratio(ours, theirs) {
  return ours === undefined || theirs === undefined ? '' : (ours / theirs).toFixed(3);
}

function print([head, ...lines]) {
  for (const line of [head, head.map(() => '---'), ...lines]) console.log(`| ${line.join(' | ')} |`);
}
