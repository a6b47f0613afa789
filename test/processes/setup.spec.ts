// Set-up on a machine without Redis: one clear message, exit 1. What it installs where it may is shown by every fresh
// clone.
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { root } from '../support/source-files.js';

it('without Redis and without a way to install one, set-up names both ways out', () => {
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
