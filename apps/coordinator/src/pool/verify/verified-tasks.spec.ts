// Goal: the run document decides which tasks are verified, and nothing else. Method: many tasks, and their share.
import { describe, expect, it } from 'vitest';
import { encodeTask, sumTask } from '../../../../../test/support/played-pool.js';
import { isVerified } from './verified-tasks.js';

const tasks = Array.from({ length: 4000 }, (_, at) => ({ ...encodeTask(at % 40), step: Math.floor(at / 40) }));
const chosen = (seed: number, share: number): number[] =>
  tasks.flatMap((task, at) => (isVerified(task, { seed, share }) ? [at] : []));

describe('isVerified', () => {
  it.each([0, 0.05, 0.5, 1])('chooses a share of %f', (share) => {
    const found = chosen(1, share).length / tasks.length;
    expect(Math.abs(found - share)).toBeLessThan(share === 0 || share === 1 ? 1e-9 : 0.02);
  });

  it('chooses the same again, others with another seed, and those of a smaller share among those of a larger', () => {
    const ten = chosen(1, 0.1);
    expect(chosen(1, 0.1)).toEqual(ten);
    expect(chosen(2, 0.1)).not.toEqual(ten);
    const twenty = new Set(chosen(1, 0.2));
    expect(ten.filter((at) => !twenty.has(at))).toEqual([]);
  });

  it('neither the epoch nor the addresses of blobs matter: a step that is taken again verifies the same tasks', () => {
    for (const task of tasks.slice(0, 100)) {
      const again = { ...task, epoch: 9, parametersKey: 'other' };
      expect(isVerified(again, { seed: 1, share: 0.5 })).toBe(isVerified(task, { seed: 1, share: 0.5 }));
    }
  });

  it('draws for a sum and for its first shard apart', () => {
    const sums = Array.from({ length: 200 }, (_, step) => ({ ...sumTask(4), step }));
    const differing = sums.filter(
      (sum) => isVerified(sum, { seed: 1, share: 0.5 }) !== isVerified({ ...sum, shards: 1 }, { seed: 1, share: 0.5 }),
    );
    expect(differing.length).toBeGreaterThan(50);
  });
});
