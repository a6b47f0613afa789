// Goal: whichever worker has which shards, and whoever dies with a sum, a run has the same bits. Method: the simulation
// with 1 to 9 shards and 1 to 6 workers, undisturbed and with a death at many moments of a step.
import { describe, expect, it } from 'vitest';
import type { Outcome } from './checker.js';
import { undisturbed } from './schedule.js';
import { simulate } from './simulate.js';

const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);
/** Moments of the first steps: the run begins after the first heartbeats. */
const deathsMs = Array.from({ length: 14 }, (_, at) => 400 + 142 * at);

async function alone(shards: number): Promise<Outcome> {
  const { problems, outcome } = await simulate({ seed: 0, shards, schedule: undisturbed });
  expect(problems).toEqual([]);
  return outcome;
}

describe('E1, P1: the bits of a run on one worker', () => {
  it.each(upTo(9))('%i shards on 2 to 6 workers', async (shards) => {
    const expected = await alone(shards);
    for (const workers of [2, 3, 4, 5, 6]) {
      const { problems } = await simulate({ seed: workers, shards, expected, schedule: { ...undisturbed, workers } });
      expect(problems, `${workers} workers`).toEqual([]);
    }
  });

  it('a worker dies between encode and backprop, or in the middle of a sum, whose shards are then shared', async () => {
    const told: string[] = [];
    for (const shards of [2, 5, 8, 9]) {
      const expected = await alone(shards);
      for (const workers of [2, 3])
        for (const atMs of deathsMs) {
          const disturbances = [{ atMs, kind: 'kill a worker', forMs: 0 }] as const;
          const { problems } = await simulate({
            ...{ seed: atMs, shards, expected },
            schedule: { ...undisturbed, workers, disturbances },
            onLine: (line) => void told.push(line),
          });
          expect(problems, `${shards} shards, ${workers} workers, death at ${atMs} ms`).toEqual([]);
        }
    }
    const lost = (pattern: RegExp): number => told.filter((line) => pattern.test(line)).length;
    expect(lost(/\.encode\.[\d-]+ is late on|\.encode\.[\d-]+ was with worker \S+, which is lost/)).toBeGreaterThan(10);
    expect(lost(/\.backprop\.\d+-\d+ was with worker \S+, which is lost/)).toBeGreaterThan(0);
    expect(lost(/\.backprop\.\d+-\d+ is late on .*; its shards are also given to others/)).toBeGreaterThan(10);
  });
});
