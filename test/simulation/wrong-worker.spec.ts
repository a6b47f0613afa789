// Goal: a worker that computes wrong numbers, and gives their right hash, changes no bit of a run whose results are all
// verified, whatever else happens. Method: the simulation with four workers, the first of which is wrong now and then;
// without verification, the same worker is found to change bits.
import { beforeAll, describe, expect, it } from 'vitest';
import { chanceOf } from '../fuzz/chance.js';
import type { Outcome } from './checker.js';
import { drawSchedule, undisturbed, type DisturbanceKind, type Schedule } from './schedule.js';
import { simulate } from './simulate.js';
import { openWorld } from './world/world.js';

const seeds = Array.from({ length: 40 }, (_, at) => at + 1);

let expected: Outcome;
beforeAll(async () => {
  ({ outcome: expected } = await simulate({ seed: 0, schedule: undisturbed }));
});

/** Whoever is killed or frozen may be one of the two that would have shown the third to be wrong. */
const ofWorkers: readonly DisturbanceKind[] = ['kill a worker', 'freeze a worker'];

function disturbed(seed: number, miscomputing: number): Schedule {
  const drawn = drawSchedule(openWorld(chanceOf(seed, 'wrong worker', 0)));
  const disturbances = drawn.disturbances.filter(({ kind }) => !ofWorkers.includes(kind));
  // A slow worker gets hardly any task: there would be nothing to find.
  return { ...drawn, workers: 4, slowness: 1, miscomputing, disturbances };
}

describe('E1: a worker that computes wrongly', () => {
  it.each([0.02, 0.2, 1])('with probability %f changes no bit, and is named', async (miscomputing) => {
    let named = 0;
    for (const seed of seeds) {
      const told: string[] = [];
      const schedule = disturbed(seed, miscomputing);
      const { problems } = await simulate({
        ...{ seed, schedule, expected, verifyShare: 1 },
        onLine: (line) => void told.push(line),
      });
      expect(problems, problems.length > 0 ? [`seed ${seed}`, ...told].join('\n') : '').toEqual([]);
      named += told.filter((line) => line.includes(' computes wrongly: ')).length;
    }
    expect(named).toBeGreaterThan(seeds.length * (miscomputing < 0.1 ? 0.1 : 0.9));
  });

  it('changes bits where nothing is verified', async () => {
    const found: string[] = [];
    for (const seed of seeds.slice(0, 10))
      found.push(...(await simulate({ seed, schedule: disturbed(seed, 0.2), expected })).problems);
    expect(found.join('\n')).toMatch(/another gradient|other numbers/);
  });

  it('and one other stop the run: there is nobody to say which of them is right', async () => {
    const { problems } = await simulate({
      ...{ seed: 1, expected, verifyShare: 1 },
      schedule: { ...undisturbed, workers: 2, miscomputing: 1 },
    });
    expect(problems.join('\n')).toMatch(/CHECK|Stopped before the update of step 0, shard \d: expected two workers/);
  });
});

it('E1: verifying changes no bit of a run that nothing disturbs', async () => {
  for (const [workers, verifyShare] of [
    [1, 1],
    [2, 0.3],
    [2, 1],
    [5, 1],
  ] as const) {
    const { problems } = await simulate({ seed: 1, expected, verifyShare, schedule: { ...undisturbed, workers } });
    expect(problems, `${workers} workers`).toEqual([]);
  }
});
