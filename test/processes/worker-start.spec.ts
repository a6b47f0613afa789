// Goal: a worker that cannot join the pool says why and ends at once. Method: real worker processes, a real Redis.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { proofKey } from '#protocol/pool/presence.js';
import { freePort } from '../support/servers/redis.js';
import { spawnWorker, startPool, until } from '../support/pool.js';

async function startAndEnd(
  environment: Readonly<Record<string, string>>,
  ...flags: string[]
): Promise<{ code: number; errors: string; output: string }> {
  const entry = fileURLToPath(new URL('../../apps/worker/src/main.js', import.meta.url));
  const child = spawn(process.execPath, [entry, ...flags], {
    env: { PATH: process.env['PATH'], TANDEM_LOG_LEVEL: 'silent', ...environment },
  });
  const [errors, output, [code]] = await Promise.all([
    text(child.stderr),
    text(child.stdout),
    once(child, 'exit') as Promise<[number]>,
  ]);
  return { code, errors, output };
}

describe('a worker', () => {
  it('of another code version ends with both versions and what to do, and is listed as refused', async () => {
    const pool = await startPool();
    const { code, errors } = await startAndEnd({
      REDIS_URL: pool.redisUrl,
      TANDEM_CODE_VERSION: '0.0.1+000000000000',
      TANDEM_WORKER_ID: 'old',
    });
    expect(code).toBe(2);
    expect(errors).toMatch(
      /This worker does not fit the coordinator[\s\S]*code version \S+, expected 0\.0\.1\+000000000000/,
    );
    expect(errors).toMatch(/Install the same version of Tandem on both/);
    await until(() => pool.workers().some(({ id }) => id === 'old'));
    expect(pool.workers()).toMatchObject([
      { id: 'old', state: 'refused', reason: expect.stringContaining('code version 0.0.1+000000000000') as string },
    ]);
    await pool.stop();
  });

  it('that cannot read what the coordinator wrote says so, gets no tasks, and joins once it can', async () => {
    const pool = await startPool();
    const proof = join(pool.directory, proofKey);
    const written = await readFile(proof);
    await writeFile(proof, 'something else');
    const worker = spawnWorker({ REDIS_URL: pool.redisUrl, TANDEM_LOG_LEVEL: 'silent', TANDEM_CACHE: 'off' });
    await expect
      .poll(() => pool.workers(), { timeout: 30_000 })
      .toMatchObject([
        {
          pid: worker.pid,
          state: 'setAside',
          reason: expect.stringMatching(
            /Expected what the coordinator wrote to file:.*, got something else.*mount/,
          ) as string,
        },
      ]);
    await writeFile(proof, written);
    await expect.poll(() => pool.workers(), { timeout: 30_000 }).toMatchObject([{ pid: worker.pid, state: 'idle' }]);
    worker.kill('SIGTERM');
    await once(worker, 'exit');
    await pool.stop();
  });

  it('without Redis ends with REDIS_URL and what to do', async () => {
    const { code, errors } = await startAndEnd({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
    expect(code).toBe(1);
    expect(errors).toMatch(
      /Redis: expected an answer from redis:\/\/127\.0\.0\.1:\d+ \(REDIS_URL\), got .*ECONNREFUSED/,
    );
    expect(errors).toMatch(/redis-server/);
  });

  it('with several settings out of range lists all of them', async () => {
    const { code, errors } = await startAndEnd(
      { TANDEM_THREADS: '0', TANDEM_LEASE_MS: 'soon', TANDEM_STASH_BYTES: 'much' },
      '--colour',
      'red',
    );
    expect(code).toBe(2);
    expect(errors).toMatch(/worker's settings have 4 problems/);
    for (const name of ['TANDEM_THREADS', 'TANDEM_LEASE_MS', 'TANDEM_STASH_BYTES', '--colour'])
      expect(errors).toContain(name);
  });

  it('explains its settings with --help', async () => {
    const { code, output } = await startAndEnd({}, '--help');
    expect(code).toBe(0);
    expect(output).toMatch(/--stash-bytes\s+TANDEM_STASH_BYTES/);
  });
});
