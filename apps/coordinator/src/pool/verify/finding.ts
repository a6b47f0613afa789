import type { Vote } from './votes.js';

/** What verifying a run's tasks found, apart from results that agree. */
export type Finding =
  /** A worker gave another result than two others, or than another and itself, and gets no more tasks. */
  | { readonly kind: 'miscomputed'; readonly worker: string; readonly task: string; readonly reason: string }
  /** A task that was to be verified was not: nobody was there to do it as well. */
  | { readonly kind: 'unverified'; readonly worker: string; readonly task: string; readonly reason: string };

/** `right`: the worker whose result another has confirmed. */
export function miscomputed(
  { id }: { readonly id: string },
  { answer, voter }: Vote,
  right: Vote['answer'],
): Extract<Finding, { kind: 'miscomputed' }> {
  const reason =
    `Worker ${answer.worker} computes wrongly: its result of ${id} has the sha256 ${short(answer.resultHash)}; two ` +
    `with the same arithmetic (${voter?.arithmetic}) gave ${short(right.resultHash)}, among them ${right.worker}. ` +
    'Test its memory and its device before you start it again.';
  return { kind: 'miscomputed', worker: answer.worker, task: id, reason };
}

export function unverified({ id }: { readonly id: string }, { worker }: Vote['answer']): Finding {
  const reason =
    `Task ${id} is not verified, though limits.verifyShare asks for it: besides worker ${worker} there is none that ` +
    'computes alike, on the same kind of processor or GPU. The run goes on; this is said once.';
  return { kind: 'unverified', worker, task: id, reason };
}

/** The beginning of a hash, for people. */
export function short(hash: string): string {
  return hash.slice(0, 12);
}
