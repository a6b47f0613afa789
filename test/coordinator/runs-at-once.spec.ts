// Goal: as many runs train at once as the coordinator may, those of the highest priority first, also if it has
// changed. Method: a real
// coordinator whose trainings the test controls.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runStatusSchema, type RunStatus } from '#protocol/run/run-status.js';
import {
  openHome,
  runDocument,
  startOwnCoordinator,
  startTestCoordinator,
  type TestCoordinator,
} from '../support/coordinator.js';

let coordinator: TestCoordinator;
beforeAll(async () => void (coordinator = await startOwnCoordinator({ TANDEM_RUNS_AT_ONCE: '2' })));
afterAll(() => coordinator?.close());

test('two runs train at once; of those that wait, the highest priority starts first', async () => {
  const [first, second] = [await submit('first'), await submit('second')];
  const trainings = [await coordinator.trainer.next(), await coordinator.trainer.next()];
  expect(trainings.map(({ id }) => id)).toEqual([first.id, second.id]);
  const later = await submit('later');
  const urgent = await submit('urgent', 7);
  expect(await stateOf(urgent.id)).toBe('queued');

  trainings.forEach((training) => training.prepare());
  trainings[1]!.step(3);
  trainings[1]!.complete();
  expect((await coordinator.trainer.next()).id).toBe(urgent.id);
  expect(await stateOf(second.id)).toBe('completed');
  expect(await stateOf(first.id)).toBe('training');
  expect(await stateOf(later.id)).toBe('queued');

  trainings[0]!.fail(new Error('a defect'));
  expect((await coordinator.trainer.next()).id).toBe(later.id);
  expect(await stateOf(urgent.id)).toBe('preparing');
});

test('a run that waits, trains or is paused gets another priority, and a restart keeps it', async () => {
  const home = await openHome();
  const settings = { ...home.settings, TANDEM_RUNS_AT_ONCE: '1' };
  const before = await startTestCoordinator(settings);
  const runs: RunStatus[] = [];
  for (const name of ['trains', 'waits', 'urgent', 'paused']) runs.push(await submit(name, 0, before));
  const [trains, waits, urgent, paused] = runs;
  const training = await before.trainer.next();
  training.prepare();
  await before.post(`/v1/runs/${paused!.id}/pause`);
  for (const [run, priority] of [
    [trains, 3],
    [urgent, 7],
    [paused, 9],
  ] as const) {
    const answer = await before.post(`/v1/runs/${run!.id}/priority`, { priority });
    expect(runStatusSchema.parse(await answer.json()).config).toMatchObject({ priority });
  }
  expect(training.priority()).toBe(3);
  for (const body of [{ priority: 101 }, { priority: 'high' }, { steps: 5 }, undefined]) {
    const refused = await before.post(`/v1/runs/${trains!.id}/priority`, body);
    expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining('priority')]);
  }
  expect((await before.post('/v1/runs/nothing/priority', { priority: 1 })).status).toBe(404);
  await before.close();

  const after = await startTestCoordinator(settings);
  const next = await after.trainer.next();
  expect([next.id, next.priority(), next.config.priority]).toEqual([urgent!.id, 7, 7]);
  next.prepare();
  next.step(3);
  next.complete();
  const second = await after.trainer.next();
  expect([second.id, second.priority()]).toEqual([trains!.id, 3]);
  expect((await after.post(`/v1/runs/${urgent!.id}/priority`, { priority: 1 })).status).toBe(409);
  expect(await stateOf(paused!.id, after)).toBe('paused');
  expect(await stateOf(waits!.id, after)).toBe('queued');
  await after.close();
  await home.close();
});

async function submit(name: string, priority = 0, at = coordinator): Promise<RunStatus> {
  const answer = await at.post('/v1/runs', { ...runDocument(), name, priority });
  expect(answer.status).toBe(201);
  return runStatusSchema.parse(await answer.json());
}

async function stateOf(id: string, at = coordinator): Promise<string> {
  return runStatusSchema.parse(await (await at.get(`/v1/runs/${id}`)).json()).state;
}
