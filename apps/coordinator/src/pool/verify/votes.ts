import type { WorkerRecord } from '#protocol/pool/presence.js';
import type { ShardAnswer } from '#protocol/pool/task.js';
import type { OutstandingTask } from '../pool-state.js';

/*
 * A task counts as done by its first answer. One that is verified needs two answers of the same bits from different
 * workers: a vote by majority over redundant results, as BOINC validates what volunteers compute.
 */

/** An answer, and what is known of the process that gave it. */
export interface Vote {
  readonly answer: ShardAnswer;
  readonly voter: Pick<WorkerRecord, 'arithmetic' | 'startedAt'> | undefined;
}

/** A task as far as it matters for its votes. */
export interface Ballot {
  /** Must two workers give the same result? */
  readonly isVerified: boolean;
  readonly votes: readonly Vote[];
  /** The jobs of it that are not answered. */
  readonly out: ReadonlySet<OutstandingTask>;
  /** The workers that could not do it, for a reason that time does not mend. */
  readonly incapable: readonly string[];
}

/** The workers that are there and have room for the run, and what each computes with. */
export interface Electorate {
  readonly workers: readonly string[];
  arithmeticOf(worker: string): string | undefined;
}

export const nobody: Electorate = { workers: [], arithmeticOf: () => undefined };

export type Verdict =
  /** This answer counts. `against`: one of each worker that gave other bits. `isConfirmed`: a second gave the same. */
  | {
      readonly kind: 'accepted';
      readonly answer: ShardAnswer;
      readonly isConfirmed: boolean;
      readonly against: readonly Vote[];
    }
  /** More answers are needed. */
  | { readonly kind: 'open' }
  /** Nobody who could decide is left. */
  | { readonly kind: 'disputed' };

/** How many jobs of a task should be out, to different workers. Copies of a straggler are more. */
export function jobsWanted({ isVerified, votes }: Pick<Ballot, 'isVerified' | 'votes'>): number {
  return isVerified && votes.length === 0 ? 2 : 1;
}

/** Does an answer count as a vote? Not a second one that nobody asked for, nor one that may be rounded otherwise. */
export function isVote({ votes, out }: Ballot, { answer, voter }: Vote): boolean {
  const isAsked = [...out].some((job) => isFor(job, answer.worker));
  const isAlike = votes.length === 0 || (voter !== undefined && voter.arithmetic === votes[0]!.voter?.arithmetic);
  return isAlike && (isAsked || votesOf(votes, answer.worker) === 0);
}

/**
 * Decides whether a task is done. An answer whose bits a second worker gave as well counts at once. One answer alone
 * counts if nobody is there to confirm it. Two that differ need more: from another worker, or, if there is none, from
 * the same ones once more. A pure function.
 */
export function countVotes(ballot: Ballot, electorate: Electorate): Verdict {
  const { isVerified, votes, out } = ballot;
  const [first] = votes;
  if (!first) return { kind: 'open' };
  const confirmed = votes.find((vote) => votes.some((other) => isSame(vote, other) && !isOfOne(vote, other)));
  const accepted = (vote: Vote): Verdict => ({
    kind: 'accepted',
    answer: vote.answer,
    isConfirmed: vote === confirmed,
    against: onePerWorker(votes.filter((other) => !isSame(vote, other))),
  });
  if (!isVerified || confirmed) return accepted(confirmed ?? first);
  if (out.size > 0 || electorate.workers.some((worker) => mayVote(ballot, worker, electorate))) return { kind: 'open' };
  if (votes.length === 1) return accepted(first);
  return electorate.workers.length > 0 ? { kind: 'disputed' } : { kind: 'open' };
}

/** May a worker be given a task of which others are out or answered? Those that are not verified may go to anybody. */
export function mayVote(
  { isVerified, votes, out, incapable }: Ballot,
  worker: string,
  electorate: Electorate,
): boolean {
  if (!isVerified || (votes.length === 0 && out.size === 0)) return true;
  const jobs = [...out];
  if (jobs.some((job) => isFor(job, worker))) return false;
  const [job] = jobs;
  const reference = votes[0]
    ? votes[0].voter?.arithmetic
    : job?.to.kind === 'worker'
      ? electorate.arithmeticOf(job.to.id)
      : undefined;
  const isAlike = (one: string): boolean => reference !== undefined && electorate.arithmeticOf(one) === reference;
  if (!isAlike(worker) || (votes.length > 0 && incapable.includes(worker))) return false;
  const given = votesOf(votes, worker);
  if (given === 0) return true;
  const isFresh = (one: string): boolean => isAlike(one) && votesOf(votes, one) === 0 && !incapable.includes(one);
  return given === 1 && votes.length > 1 && !electorate.workers.some(isFresh);
}

function isFor({ to }: OutstandingTask, worker: string): boolean {
  return to.kind === 'worker' && to.id === worker;
}

function votesOf(votes: readonly Vote[], worker: string): number {
  return votes.filter(({ answer }) => answer.worker === worker).length;
}

function isSame(one: Vote, other: Vote): boolean {
  return one.answer.resultHash === other.answer.resultHash;
}

function isOfOne(one: Vote, other: Vote): boolean {
  return one.answer.worker === other.answer.worker;
}

function onePerWorker(votes: readonly Vote[]): Vote[] {
  return [...new Map(votes.map((vote) => [vote.answer.worker, vote])).values()];
}
