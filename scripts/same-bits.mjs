// Checks that two commits train to the same bits. `node scripts/same-bits.mjs COMMIT [--steps 60]` trains the demo's
// model for this many steps in a clone of that commit and in this working tree, and compares sha256 of parameters and
// moments.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  options: { steps: { type: 'string', default: '60' } },
  allowPositionals: true,
});
const [commit] = positionals;
if (!commit) {
  console.error('Expected a commit: node scripts/same-bits.mjs COMMIT [--steps 60]');
  process.exit(2);
}

const scratch = mkdtempSync(join(tmpdir(), 'tandem-bits-'));
try {
  const clone = join(scratch, 'clone');
  execFileSync('git', ['clone', '--quiet', root, clone]);
  execFileSync('git', ['-C', clone, 'checkout', '--quiet', commit]);
  const [before, after] = [hashesOf(clone, join(scratch, 'before')), hashesOf(root, join(scratch, 'after'))];
  for (const name of Object.keys(after))
    console.log(`${name.padEnd(24)} ${before[name]}\n${''.padEnd(24)} ${after[name]}`);
  const identical = JSON.stringify(before) === JSON.stringify(after);
  console.log(`identical: ${identical}`);
  process.exitCode = identical ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** Runs the demo in `tree` and returns the hashes from the manifest of its checkpoint. */
function hashesOf(tree, out) {
  // Both runs must train on the same drawings, even if the code that renders them has changed in between.
  const data = join(root, 'demo', 'out', 'data');
  if (tree !== root && existsSync(data)) cpSync(data, join(tree, 'demo', 'out', 'data'), { recursive: true });
  execFileSync(process.execPath, ['scripts/setup.mjs', '--demo'], { cwd: tree, stdio: 'inherit' });
  execFileSync(process.execPath, ['dist/apps/cli/src/main.js', 'demo', '--steps', values.steps, '--out', out], {
    cwd: tree,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, TANDEM_CACHE: 'off' },
  });
  const { blobs } = JSON.parse(readFileSync(join(out, 'out', 'checkpoint', 'manifest.json'), 'utf8'));
  return {
    'parameters.safetensors': blobs['parameters.safetensors'].sha256,
    'optimizer.safetensors': blobs['optimizer.safetensors'].sha256,
  };
}
