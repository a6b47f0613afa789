// Goal: who may lead depends on nothing but what was seen of the leader and the time. Method: cases written by hand.
import { describe, expect, it } from 'vitest';
import { decideLeader, seeLeader } from './leader-decision.js';

const limits = { leaseMs: 3000 };
const leader = { epoch: 4, beat: 7, released: false, sinceMs: 1000 };

describe('decideLeader', () => {
  it('the first coordinator of a store leads it', () => {
    expect(decideLeader(0, undefined, limits)).toMatchObject({ kind: 'claim', epoch: 1 });
  });

  it('waits while the leader is heard of within its lease, and takes over after', () => {
    expect(decideLeader(3999, leader, limits)).toMatchObject({ kind: 'wait', reason: expect.stringContaining('2999') });
    expect(decideLeader(4000, leader, limits)).toMatchObject({
      kind: 'claim',
      epoch: 5,
      reason: 'the last leader was silent for 3000 ms, its lease is 3000 ms',
    });
  });

  it('takes over at once from a leader that has stopped', () => {
    expect(decideLeader(1000, { ...leader, released: true }, limits)).toMatchObject({ kind: 'claim', epoch: 5 });
  });
});

describe('seeLeader', () => {
  it('a leader is heard of when its beat or epoch changes, by the clock of the reader', () => {
    const first = seeLeader(undefined, { epoch: 1, beat: 9, released: false }, 100);
    expect(first?.sinceMs).toBe(100);
    expect(seeLeader(first, { epoch: 1, beat: 9, released: false }, 900)?.sinceMs).toBe(100);
    expect(seeLeader(first, { epoch: 1, beat: 10, released: false }, 900)?.sinceMs).toBe(900);
    expect(seeLeader(first, { epoch: 2, beat: 9, released: false }, 900)?.sinceMs).toBe(900);
    expect(seeLeader(first, undefined, 900)).toBeUndefined();
  });
});
