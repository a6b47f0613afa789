// Goal: a run that is disturbed all the time ends with the bits of one that is not, and the command says so. Method: a
// short run of scripts/chaos.mjs, in which each of these faults strikes once. `npm run chaos` does it at length.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { ChaosReport } from '../chaos/report.js';

const script = fileURLToPath(new URL('../../../scripts/chaos.mjs', import.meta.url));
const kinds = [
  'worker-killed',
  'worker-frozen',
  'redis-killed',
  'redis-emptied',
  'redis-full',
  'coordinator-killed-standby',
  'answers-duplicated',
  'answers-reordered',
];

it('E1: a run disturbed by each kind of fault is identical to one process', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [script, '--seed', '3', '--steps', '40', '--times', '1', '--kinds', kinds.join(), '--json'],
    { maxBuffer: 2 ** 24 },
  ).catch((error: { readonly stdout: string }) => error); // Exit code 1 also says that a fault struck too seldom.
  const report = JSON.parse(stdout) as ChaosReport;
  expect(report).toMatchObject({
    identical: true,
    failure: null,
    committedSteps: 40,
    comparison: { parameters: true, moments: true, losses: true },
  });
  // On a machine that is busy with other tests, a fault may find nothing to strike, such as a worker with a task.
  const acted = report.kinds.filter((one) => one.acted > 0).map(({ kind }) => kind);
  expect(acted.length, acted.join()).toBeGreaterThanOrEqual(kinds.length / 2);
}, 240_000);
