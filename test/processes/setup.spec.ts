// Goal: on a machine without Redis, set-up prints one clear message and exits with 1. What it installs where it can is
// shown by every fresh clone.
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { root } from '../support/source-files.js';

it('without Redis and a way to install it, set-up names the two things one can do', () => {
  const { REDIS_URL: _ignored, ...environment } = process.env;
  const done = spawnSync(process.execPath, ['scripts/setup.mjs'], {
    cwd: root,
    env: { ...environment, PATH: '' },
    encoding: 'utf8',
  });
  expect(done.stderr).toMatch(/needs Redis[^]*redis-server[^]*REDIS_URL=/);
  expect(done.stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
  expect(done.status).toBe(1);
});
