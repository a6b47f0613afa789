// Goal: a worker that is killed in the middle of a step changes nothing but the time it takes. Method: real processes.
// A worker is stopped with SIGSTOP again and again until it is caught holding a task; then it is killed. The run must
// end with the bits of an undisturbed run.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { latestCheckpoint, readCheckpoint } from '#store/run/checkpoint.js';
import { runKeys } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import { startPool, until, type TestPool } from '../support/pool.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyRun } from '../support/models/tiny-run.js';

let directory: string;
let pool: TestPool;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tandem-death-'));
  await writeTinyData(join(directory, 'data'));
  pool = await startPool();
});
afterAll(async () => {
  await pool.stop();
  await rm(directory, { recursive: true });
});

it('E1: after kill -9 of a worker in the middle of a step, the run ends with the same bits', async () => {
  await pool.addWorker();
  const victim = await pool.addWorker();
  const store = openStore(join(directory, 'store'));
  const config = tinyRun(join(directory, 'data'), {
    ...{ shards: 5, steps: 16 },
    limits: { leaseMs: 3000, stragglerFactor: 1000 }, // Else a copy of the task is done before the lease ends.
  });

  await pool.train({ id: 'undisturbed', config, store });
  let committed = 0;
  let ended = false;
  const training = pool
    .train({ id: 'disturbed', config, store, onEvent: (event) => void (event.kind === 'step' && committed++) })
    .finally(() => (ended = true));
  for (let caught = false; !caught;) {
    expect(ended, 'the run ended before the victim was caught with a task').toBe(false);
    await until(() => pool.outstandingTasks() > 1 || ended);
    victim.kill('SIGSTOP');
    caught = (await pool.tasksHeldBy(victim)) > 0;
    if (!caught) victim.kill('SIGCONT');
  }
  victim.kill('SIGKILL');
  await training;

  expect(pool.changes.some((reason) => /which is lost; attempt 2 of/.test(reason))).toBe(true);
  expect(await parametersOf('disturbed')).toEqual(await parametersOf('undisturbed'));

  async function parametersOf(run: string): Promise<Uint8Array> {
    const latest = await latestCheckpoint(store, runKeys(run).checkpoints);
    return (await readCheckpoint(store, latest!.folder)).blobs['parameters.safetensors']!;
  }
});
