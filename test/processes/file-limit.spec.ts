// Goal: where too few files may be open, the command says so, and not that a package is missing.
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { root } from '../support/source-files.js';

it.runIf(process.platform === 'linux').each(['20', '100'])('with ulimit -n %s', (limit) => {
  const script = `ulimit -n ${limit}; exec "$0" scripts/tandem.mjs worker --help`;
  const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath], { cwd: root, encoding: 'utf8' });
  expect(stderr).toMatch(new RegExp(`256 open files, got a limit of ${limit}\\n.*ulimit -n 4096`));
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(2);
});

it.runIf(process.platform === 'linux')('with room enough, the command runs', () => {
  const script = 'ulimit -n 256; exec "$0" scripts/tandem.mjs worker --help';
  const { status, stdout } = spawnSync('sh', ['-c', script, process.execPath], { cwd: root, encoding: 'utf8' });
  expect(stdout).toContain('REDIS_URL');
  expect(status).toBe(0);
});
