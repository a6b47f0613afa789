// Goal: as many runs train at once as the coordinator may, those of the highest priority first. Method: a real
// coordinator whose trainings the test controls.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runStatusSchema, type RunStatus } from '#protocol/run/run-status.js';
import { runDocument, startOwnCoordinator, type TestCoordinator } from '../support/coordinator.js';

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

async function submit(name: string, priority = 0): Promise<RunStatus> {
  const answer = await coordinator.post('/v1/runs', { ...runDocument(), name, priority });
  expect(answer.status).toBe(201);
  return runStatusSchema.parse(await answer.json());
}

async function stateOf(id: string): Promise<string> {
  return runStatusSchema.parse(await (await coordinator.get(`/v1/runs/${id}`)).json()).state;
}
