// Goal: no schedule of failures changes the bits of a run, lets two coordinators commit at once, or keeps the run from
// its end. Method: the coordinator as it is, with N workers, in one process with simulated time, network and store;
// each schedule is a function of its seed. Planted bugs show that the checks would notice.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from './checker.js';
import { anyParameters, forgetful, unfenced } from './planted-bugs.js';
import { disturbanceKinds, undisturbed } from './schedule.js';
import { simulate } from './simulate.js';

/** `SIMULATIONS=100000` tries that many, `SIMULATION_SEED=7` tries seed 7 alone and prints what happens. */
const schedules = Number(process.env['SIMULATIONS'] ?? 2000);
const onlySeed = process.env['SIMULATION_SEED'];
const groups = 8;

let expected: Outcome;
beforeAll(async () => {
  const { problems, outcome } = await simulate({ seed: 0, schedule: undisturbed });
  expect(problems).toEqual([]);
  expected = outcome;
  expect(outcome.parameters).toBeDefined();
  expect([...outcome.curve.keys()]).toEqual([1, 2, 3, 4, 5]);
});

describe('E1, C1, J1: the bits of an undisturbed run, and one leader', () => {
  const disturbed = new Set<string>();
  const seeds = onlySeed === undefined ? Array.from({ length: schedules }, (_, seed) => seed + 1) : [Number(onlySeed)];
  const perGroup = Math.ceil(seeds.length / groups);
  const parts = Array.from({ length: groups }, (_, i) => seeds.slice(i * perGroup, (i + 1) * perGroup));
  it.each(parts.filter((part) => part.length > 0).map((part) => [part[0]!, part.at(-1)!, part] as const))(
    'seeds %i to %i',
    async (_first, _last, part) => {
      for (const seed of part) {
        const lines: string[] = [];
        const onLine = onlySeed === undefined ? {} : { onLine: (line: string) => void lines.push(line) };
        const simulated = await simulate({ seed, expected, ...onLine });
        simulated.disturbed.forEach((kind) => disturbed.add(kind));
        expect(simulated.problems, `SIMULATION_SEED=${seed}\n${lines.join('\n')}`).toEqual([]);
      }
    },
  );

  it.runIf(onlySeed === undefined)('every kind of disturbance took effect', () => {
    expect([...disturbed].sort()).toEqual([...disturbanceKinds].sort());
  });
});

it('the same seed gives the same events', async () => {
  const trace = async (): Promise<string[]> => {
    const lines: string[] = [];
    await simulate({ seed: 5, expected, onLine: (line) => void lines.push(line) });
    return lines;
  };
  const first = await trace();
  expect(first.length).toBeGreaterThan(5);
  expect(await trace()).toEqual(first);
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
