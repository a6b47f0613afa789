// Goal: a worker slowed tenfold costs a step at most half of its time and changes no bit. Method: the simulation with
// four workers and eight shards, with and without a slow worker among them, by the same seeds.
import { beforeAll, expect, it } from 'vitest';
import type { Outcome } from './checker.js';
import { undisturbed } from './schedule.js';
import { simulate } from './simulate.js';

const seeds = Array.from({ length: 8 }, (_, at) => at + 1);
const shards = 8;

let expected: Outcome;
beforeAll(async () => {
  ({ outcome: expected } = await simulate({ seed: 0, shards, schedule: undisturbed }));
});

async function timeOf(slowness: number): Promise<number> {
  let timeMs = 0;
  for (const seed of seeds) {
    const schedule = { ...undisturbed, workers: 4, slowness };
    const { problems, simulatedMs } = await simulate({ seed, shards, schedule, expected });
    expect(problems, `seed ${seed}`).toEqual([]);
    timeMs += simulatedMs;
  }
  return timeMs;
}

it('a worker slowed tenfold costs at most half of the time', async () => {
  const [slowMs, usualMs] = [await timeOf(10), await timeOf(1)];
  expect(slowMs).toBeLessThan(1.5 * usualMs);
  expect(slowMs).toBeGreaterThan(usualMs);
});
