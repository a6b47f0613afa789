// Goal: no result that another worker contradicts is taken. Method: votes written by hand, and a property test over
// random ones: whatever answers come in whatever order, what is accepted was given by two workers, or by all that are
// there.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerTo } from '../../../../../test/support/played-pool.js';
import type { OutstandingTask } from '../pool-state.js';
import { countVotes, isVote, jobsWanted, mayVote, type Ballot, type Electorate, type Vote } from './votes.js';

const vote = (worker: string, resultHash: string, arithmetic = 'x64'): Vote => ({
  answer: answerTo(0, { worker, resultHash }),
  voter: { arithmetic, startedAt: 't' },
});
const jobFor = (id: string): OutstandingTask => ({ to: { kind: 'worker', id } }) as OutstandingTask;
/** `w:A x:B` */
const ballot = (votes: string, out: readonly string[] = []): Ballot => ({
  isVerified: true,
  votes: votes.split(' ').flatMap((one) => (one ? [vote(one[0]!, one[2]!)] : [])),
  out: new Set(out.map(jobFor)),
  incapable: [],
});
const alike = (...workers: string[]): Electorate => ({ workers, arithmeticOf: () => 'x64' });

describe('countVotes', () => {
  it('a task that is not verified is done by its first answer', () => {
    const verdict = countVotes({ ...ballot('w:A'), isVerified: false }, alike('w', 'x'));
    expect(verdict).toMatchObject({ kind: 'accepted', answer: { worker: 'w' } });
  });

  it.each([
    ['', 'w x', 'open'],
    ['w:A', 'w x', 'open'],
    ['w:A', 'w', 'w alone'],
    ['w:A', '', 'w alone'],
    ['w:A x:A', 'w x', 'w confirmed'],
    ['w:A x:B', 'w x y', 'open'],
    ['w:A x:B y:B', 'w x y', 'x confirmed, w wrong'],
    ['w:A x:B y:A', 'w x y', 'w confirmed, x wrong'],
    ['w:A x:B y:C', 'w x y z', 'open'],
    ['w:A x:B', 'w x', 'open'],
    ['w:A x:B w:A', 'w x', 'open'],
    ['w:A x:B w:A x:A', 'w x', 'w confirmed, x wrong'],
    ['w:A x:B w:B', 'w x', 'x confirmed, w wrong'],
    ['w:A x:B w:A x:B', 'w x', 'disputed'],
    ['w:A x:B w:A', 'w', 'disputed'],
    ['w:A x:B', '', 'open'],
    ['w:A x:B w:A x:B', 'w x y', 'open'],
  ])('%s, with %s there: %s', (votes, there, expected) => {
    const verdict = countVotes(ballot(votes), alike(...there.split(' ').filter(Boolean)));
    if (verdict.kind !== 'accepted') return expect(verdict.kind).toBe(expected);
    const wrong = verdict.against.map(({ answer }) => `, ${answer.worker} wrong`).join('');
    expect(`${verdict.answer.worker} ${verdict.isConfirmed ? 'confirmed' : 'alone'}${wrong}`).toBe(expected);
  });

  it('waits for a job that is out, also where nobody else is', () => {
    expect(countVotes(ballot('w:A', ['x']), alike('w'))).toEqual({ kind: 'open' });
    expect(countVotes(ballot('w:A x:B', ['w']), alike('w'))).toEqual({ kind: 'open' });
  });

  it('whatever comes: what is accepted has the bits of two workers, or is the only answer', () => {
    const votes = fc.array(fc.tuple(fc.constantFrom(...'wxyz'), fc.constantFrom(...'ABC')), { maxLength: 8 });
    const there = fc.uniqueArray(fc.constantFrom(...'wxyz'));
    fc.assert(
      fc.property(votes, there, (given, workers) => {
        const text = given.map(([worker, bits]) => `${worker}:${bits}`).join(' ');
        const verdict = countVotes(ballot(text), alike(...workers));
        if (verdict.kind !== 'accepted') return;
        const bits = verdict.answer.resultHash;
        const agreeing = new Set(given.flatMap(([worker, one]) => (one === bits ? [worker] : [])));
        expect(agreeing.size >= 2 || given.length === 1).toBe(true);
        expect(verdict.isConfirmed).toBe(agreeing.size >= 2);
        const others = new Set(given.flatMap(([worker, one]) => (one === bits ? [] : [worker])));
        expect(new Set(verdict.against.map(({ answer }) => answer.worker))).toEqual(others);
        expect(verdict.against).toHaveLength(others.size);
      }),
    );
  });
});

describe('mayVote', () => {
  it('a task that nobody has begun, or that is not verified, may go to anybody', () => {
    expect(mayVote(ballot(''), 'w', alike('w'))).toBe(true);
    expect(mayVote({ ...ballot('w:A', ['w']), isVerified: false }, 'w', alike('w'))).toBe(true);
  });

  it('nobody confirms its own result, unless nobody else is left to decide between two', () => {
    expect(mayVote(ballot('w:A'), 'w', alike('w'))).toBe(false);
    expect(mayVote(ballot('w:A'), 'x', alike('w', 'x'))).toBe(true);
    expect(mayVote(ballot('', ['w']), 'w', alike('w', 'x'))).toBe(false);
    expect(mayVote(ballot('w:A x:B'), 'w', alike('w', 'x', 'y'))).toBe(false);
    expect(mayVote(ballot('w:A x:B'), 'w', alike('w', 'x'))).toBe(true);
    expect(mayVote(ballot('w:A x:B w:A'), 'w', alike('w', 'x'))).toBe(false);
  });

  it('who could not do the task confirms nothing', () => {
    expect(mayVote({ ...ballot('w:A'), incapable: ['x'] }, 'x', alike('w', 'x'))).toBe(false);
    expect(mayVote({ ...ballot('w:A x:B'), incapable: ['y'] }, 'w', alike('w', 'x', 'y'))).toBe(true);
  });

  it('only workers that compute alike are compared', () => {
    const mixed = { workers: ['w', 'x'], arithmeticOf: (id: string) => (id === 'w' ? 'x64' : 'arm64') };
    expect(mayVote(ballot('w:A'), 'x', mixed)).toBe(false);
    expect(mayVote(ballot('', ['w']), 'x', mixed)).toBe(false);
    expect(countVotes(ballot('w:A'), mixed)).toMatchObject({ kind: 'accepted', isConfirmed: false });
  });
});

describe('isVote', () => {
  it('an answer that comes twice is one vote; what a worker was asked for again is another', () => {
    expect(isVote(ballot('w:A'), vote('w', 'A'))).toBe(false);
    expect(isVote(ballot('w:A x:B', ['w']), vote('w', 'A'))).toBe(true);
    expect(isVote(ballot('w:A'), vote('x', 'B'))).toBe(true);
  });

  it('what may be rounded otherwise is none', () => {
    expect(isVote(ballot('w:A'), vote('x', 'B', 'arm64'))).toBe(false);
    expect(isVote(ballot('w:A'), { ...vote('x', 'B'), voter: undefined })).toBe(false);
  });
});

it('two jobs are out of a task that is verified, and one once there is an answer', () => {
  expect([ballot(''), ballot('w:A'), ballot('w:A x:B'), { ...ballot(''), isVerified: false }].map(jobsWanted)).toEqual([
    2, 1, 1, 1,
  ]);
});
