// A process that starts a private Redis as the command does, prints where it is, and runs until it is killed.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '#cluster/child-process.js';
import { startPrivateRedis } from '#cluster/private-redis.js';
import { startReaper } from '#cluster/reaper.js';

const folder = mkdtempSync(join(tmpdir(), 'tandem-reaper-'));
const reaper = startReaper();
reaper.remove(folder);
const url = await startPrivateRedis({
  folder,
  environment: process.env,
  startMs: 20_000,
  launch: (program) => startChild({ ...program, log: join(folder, 'redis.log'), reaper }),
});
process.stdout.write(`${JSON.stringify({ folder, url })}\n`);
process.stdin.resume();
