// Goal: what a run needs is compared with what is there, and said with the numbers. Method: a real coordinator and its
// real disk; the test decides which workers the pool has.
import { statfs } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorBodySchema } from '#protocol/error-body.js';
import { runStatusSchema, workerListSchema, type RunStatus, type WorkerStatus } from '#protocol/run/run-status.js';
import { runDocument, startOwnCoordinator, type OwnCoordinator } from '../support/coordinator.js';

let coordinator: OwnCoordinator;
beforeAll(async () => void (coordinator = await startOwnCoordinator()));
afterAll(() => coordinator?.close());

it('a run that the disk of its store has no room for is refused, with what it needs and what there is', async () => {
  // A million checkpoints of 1.7 GiB each.
  const many = { steps: 1_000_000, checkpoint: { everySteps: 1, keep: 1_000_000 } };
  const { model: _model, tokenizer: _tokenizer, ...document } = runDocument(many);
  const answer = await coordinator.post('/v1/runs', { ...document, model: 'ViT-B-32' });
  expect(answer.status).toBe(422);
  const { code, message, help, problems } = errorBodySchema.parse(await answer.json());
  expect(code).toBe('CONFIG_INVALID');
  const [, needed, free] = /expected room for ([\d.]+) GiB in file:\S+, got ([\d.]+) GiB/.exec(message)!;
  expect(Number(needed)).toBeGreaterThan(1_600_000);
  const { bavail, bsize } = await statfs(coordinator.directory);
  expect(Math.abs(Number(free) - (bavail * bsize) / 2 ** 30)).toBeLessThan(8);
  expect(help).toContain('tandem runs remove');
  expect(problems).toMatchObject([{ path: 'store' }]);
});

it('a run for which every worker is too small waits and says so; so does each of them', async () => {
  const { id } = runStatusSchema.parse(await (await coordinator.post('/v1/runs', runDocument())).json());
  const training = await coordinator.trainer.next();
  training.prepare();
  coordinator.trainer.workers = [worker('small', 2 ** 26), worker('smaller', 2 ** 25)];
  await expect
    .poll(() => find(id), { timeout: 10_000 })
    .toMatchObject({
      state: 'training',
      reason: expect.stringMatching(
        /^Waits for workers after 0 of 3 steps: since 20\S+ none has the 128 MiB .* the largest has 64 MiB/,
      ) as string,
      etaSeconds: null,
    });
  const { workers } = workerListSchema.parse(await (await coordinator.get('/v1/workers')).json());
  expect(workers.map(({ reason }) => reason)).toEqual([
    `gets no tasks of ${id}, which needs at least 128 MiB of memory: it has 64 MiB`,
    `gets no tasks of ${id}, which needs at least 128 MiB of memory: it has 32 MiB`,
  ]);
  // When all have left, that is another reason; when one comes that is large enough, there is none.
  coordinator.trainer.workers = [];
  await expect
    .poll(() => find(id), { timeout: 10_000 })
    .toMatchObject({ reason: expect.stringContaining('there are none since') as string });
  coordinator.trainer.workers = [worker('small', 2 ** 26), worker('large', 2 ** 34)];
  training.step(1);
  expect(await find(id)).toMatchObject({ reason: 'Trains; 1 of 3 steps are committed.' });
  const listed = workerListSchema.parse(await (await coordinator.get('/v1/workers')).json());
  expect(listed.workers.find((one) => one.id === 'large')!.reason).toBe('');
  await coordinator.post(`/v1/runs/${id}/cancel`);
});

function worker(id: string, memoryBytes: number): WorkerStatus {
  const names = { id, host: 'h', device: 'cpu', code: 'c', startedAt: 'a', lastSeenAt: 'b' };
  return { ...names, pid: 1, threads: 1, memoryBytes, state: 'idle', reason: '', task: null, tasksDone: 0 };
}

async function find(id: string): Promise<RunStatus> {
  return runStatusSchema.parse(await (await coordinator.get(`/v1/runs/${id}`)).json());
}
