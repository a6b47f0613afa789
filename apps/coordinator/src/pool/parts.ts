import { partsOf } from '#protocol/pool/task.js';
import { phaseTask, type Phase, type PhaseTask } from './phase.js';
import type { OutstandingTask } from './pool-state.js';

/*
 * A task of several shards is meant for the worker that holds what it needs. If that worker is late or gone, others
 * share its shards, as a task each. The first answer decides: after one to the whole, its parts are needless; after one
 * to a part, the whole is. So no shard is in two results.
 */

/** Opens the parts of a task beside it, for workers that have room. They count on from its attempts. */
export function openParts(phase: Phase, whole: PhaseTask): void {
  if (isSplit(phase, whole)) return;
  whole.parts ??= partsOf(whole.task).map((task) => ({
    ...phaseTask({ task, to: { kind: 'any' } }, phase),
    whole,
  }));
  for (const part of whole.parts) {
    part.attempt = whole.attempt;
    phase.waiting.set(part.id, part);
  }
  phase.open = [...phase.open, ...whole.parts];
}

/** Puts the parts of a task in its place: the worker that it was meant for will not answer it. */
export function splitUp(phase: Phase, whole: PhaseTask): void {
  openParts(phase, whole);
  giveUpWhole(phase, whole);
}

/** Is a task of several shards better done in parts, if nobody has it? Yes, unless its worker is there. */
export function isForOthers(phase: Phase, task: PhaseTask, present: readonly string[]): boolean {
  return isDivisible(task) && task.out.size === 0 && (isSplit(phase, task) || !present.includes(task.preferred!));
}

/** May others do a task of several shards in parts? Not once there is an answer to it that another must confirm. */
export function isDivisible({ task, votes }: PhaseTask): boolean {
  return task.shards > 1 && votes.length === 0;
}

export function isSplit({ waiting }: Phase, { parts = [] }: PhaseTask): boolean {
  return parts.some(({ id }) => waiting.has(id));
}

/** What nobody needs any more once a task is answered: jobs of its parts, or of the whole that it is part of. */
export function overtakenBy(phase: Phase, { whole, parts = [] }: PhaseTask): OutstandingTask[] {
  const overtaken = [...(whole ? [whole] : []), ...parts].filter(({ id }) => phase.waiting.has(id));
  if (whole && overtaken.includes(whole)) giveUpWhole(phase, whole);
  for (const { id } of overtaken) phase.waiting.delete(id);
  phase.open = phase.open.filter((one) => !overtaken.includes(one));
  return overtaken.flatMap(({ out }) => {
    const jobs = [...out];
    out.clear();
    return jobs;
  });
}

/** Its parts are to be answered instead. */
function giveUpWhole(phase: Phase, whole: PhaseTask): void {
  phase.waiting.delete(whole.id);
  phase.open = phase.open.filter((one) => one !== whole);
  phase.unread += whole.parts!.length - 1;
}
