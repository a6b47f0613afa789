// Goal: no schedule of failures changes the bits of a run, lets two coordinators commit at once, or keeps the run from
// its end. Method: the coordinator as it is, with N workers, in one process with simulated time, network and store;
// each schedule is a function of its seed. Planted bugs show that the checks would notice.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from './checker.js';
import { anyParameters, forgetful, unfenced } from './planted-bugs.js';
import { disturbanceKinds, undisturbed } from './schedule.js';
import { simulate } from './simulate.js';

/** `SIMULATIONS=100000` tries that many, `SIMULATION_SEED=7` tries seed 7 alone. */
const schedules = Number(process.env['SIMULATIONS'] ?? 2000);
const onlySeed = process.env['SIMULATION_SEED'];
const schedulesPerTest = 250;

let expected: Outcome;
beforeAll(async () => {
  const { problems, outcome } = await simulate({ seed: 0, schedule: undisturbed });
  expect(problems).toEqual([]);
  expected = outcome;
  expect(outcome.parameters).toBeDefined();
  expect([...outcome.curve.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

describe('E1, C1, J1: the bits of an undisturbed run, and one leader', () => {
  const disturbed = new Set<string>();
  const seeds = onlySeed === undefined ? Array.from({ length: schedules }, (_, seed) => seed + 1) : [Number(onlySeed)];
  const parts = Array.from({ length: Math.ceil(seeds.length / schedulesPerTest) }, (_, i) =>
    seeds.slice(i * schedulesPerTest, (i + 1) * schedulesPerTest),
  );
  it.each(parts.map((part) => [part[0]!, part.at(-1)!, part] as const))(
    'seeds %i to %i',
    async (_first, _last, part) => {
      for (const seed of part) {
        const { problems, disturbed: kinds } = await simulate({ seed, expected });
        expect(problems, problems.length > 0 ? await story(seed) : '').toEqual([]);
        kinds.forEach((kind) => disturbed.add(kind));
      }
    },
  );

  it.runIf(onlySeed === undefined)('every kind of disturbance took effect', () => {
    expect([...disturbed].sort()).toEqual([...disturbanceKinds].sort());
  });
});

/** What happened with a seed, as it happens again. */
async function story(seed: number): Promise<string> {
  const lines = [`SIMULATION_SEED=${seed}`];
  await simulate({ seed, expected, onLine: (line) => void lines.push(line) });
  return lines.join('\n');
}

it('the same seed gives the same events', async () => {
  const stories = async (): Promise<string[]> => {
    const told: string[] = [];
    for (let seed = 1; seed <= 10; seed++) told.push(await story(seed));
    return told;
  };
  const first = await stories();
  expect(first.join('\n').split('\n').length).toBeGreaterThan(200);
  expect(await stories()).toEqual(first);
});

describe('planted bugs are found', () => {
  it.each([
    ['without the fencing check, a coordinator commits when another leads', unfenced, /committed step \d when another/],
    [
      "without the check of the parameters' hash, there are other bits",
      anyParameters,
      /another gradient|other numbers/,
    ],
    ['with a task that is forgotten, the run does not end', forgetful, /did not end/],
  ] as const)('%s', async (_name, plant, expectedProblem) => {
    const found: string[] = [];
    for (let seed = 1; seed <= schedules && found.length === 0; seed++)
      found.push(...(await simulate({ seed, expected, plant })).problems);
    expect(found.join('\n')).toMatch(expectedProblem);
  });
});
