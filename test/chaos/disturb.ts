import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from './cluster.js';
import { answerFaults } from './faults/answers.js';
import { coordinatorFaults, coordinatorPreparations } from './faults/coordinator.js';
import type { Effect, Preparations, Strikes } from './faults/effect.js';
import { redisFaults } from './faults/redis.js';
import { storeFaults } from './faults/store.js';
import { workerFaults, workerPreparations } from './faults/workers.js';
import { factsOf, type FaultKind } from './kinds.js';
import { recentStepMs, recoveryMs, type Progress } from './progress.js';
import type { StruckFault } from './report.js';
import { nextRound, type Fault, type Round } from './schedule.js';

const strikes: Strikes<FaultKind> = {
  ...workerFaults,
  ...coordinatorFaults,
  ...redisFaults,
  ...answerFaults,
  ...storeFaults,
};

const preparations: Preparations = { ...workerPreparations, ...coordinatorPreparations };

/** What a fault needs is started so many rounds before it strikes. */
const roundsAhead = 8;
/** How often the workers' pace is adapted to what is left of the schedule. */
const adaptMs = 50;
/** How often a fault is tried that finds nothing to strike. */
const triesMax = 3;

export interface Disturbance {
  readonly schedule: readonly Round[];
  /** Of the run. */
  readonly runSteps: number;
  readonly cluster: Cluster;
  readonly progress: Progress;
  readonly usualStepMs: number;
  /** Receives what has struck. */
  readonly faults: StruckFault[];
  readonly tell: (line: string) => void;
}

/**
 * Carries out the schedule, for which the run waits if it is late. Every round begins when the one before is over and
 * two more steps are committed. A round for which something still starts lets others go first. Resolves when it is
 * known which faults have acted.
 */
export async function disturb(disturbance: Disturbance): Promise<void> {
  const { runSteps, progress, cluster } = disturbance;
  const rest = disturbance.schedule.map((round) => ({ ...round, tries: 0 }));
  let isOver = false;
  const roundsLeft = (): number => (isOver ? 0 : rest.length + 1);
  const adapt = (): void => cluster.pace.adapt(runSteps - progress.commits.at(-1)!.step, roundsLeft());
  const adapting = setInterval(adapt, adaptMs);
  try {
    await carryOut(disturbance, rest);
  } finally {
    isOver = true;
    clearInterval(adapting);
    adapt();
  }
}

async function carryOut(disturbance: Disturbance, rest: (Round & { readonly tries: number })[]): Promise<void> {
  const { schedule, progress, cluster } = disturbance;
  const open: Promise<unknown>[] = [];
  const steps = schedule.map(({ step }) => step);
  while (rest.length > 0) {
    const ahead = rest.slice(0, 1 + roundsAhead).flatMap(({ faults }) => faults);
    const needed = new Set(ahead.flatMap(({ kind }) => preparations[kind] ?? []));
    // What cannot be prepared fails again when it is needed.
    open.push(...[...needed].map((preparation) => preparation.start(cluster).catch(() => undefined)));
    const round = nextRound(rest, ({ kind }) => preparations[kind]?.isReady(cluster) ?? true);
    if (round.tries === 0) await progress.reach(steps.shift()!);
    await delay(round.afterMs);
    if (progress.isComplete()) break;
    const left = await strikeTogether(round.faults, disturbance, open);
    // What found nothing to strike tries again.
    if (left.length > 0 && round.tries + 1 < triesMax) rest.unshift({ ...round, faults: left, tries: round.tries + 1 });
  }
  await Promise.all(open);
}

/** Returns the faults that did not act. */
async function strikeTogether(
  round: readonly Fault[],
  { cluster, progress, usualStepMs, faults, tell }: Disturbance,
  open: Promise<unknown>[],
): Promise<Fault[]> {
  const effects = await Promise.all(
    round.map(
      async (fault) => [fault, await strikes[fault.kind](fault, cluster, () => progress.isComplete())] as const,
    ),
  );
  try {
    await progress.reachAfter(Math.max(...effects.map(([, { endMs }]) => endMs)), 2);
  } finally {
    const isKnown = effects.length === 1 && !cluster.pace.wasSlow(effects[0]![1].startMs);
    const stepMs = Math.min(usualStepMs, recentStepMs(progress.commits) ?? Infinity);
    for (const [{ kind }, effect] of effects) {
      const lostMs = isKnown ? recoveryMs(progress.commits, fromMs(kind, effect), stepMs) : undefined;
      const { acted, what, startMs, endMs } = effect;
      const { step } = progress.commits.findLast(({ atMs }) => atMs <= startMs)!;
      const struck = { kind, step, acted, what, durationMs: endMs - startMs, recoveryMs: lostMs ?? null };
      faults.push(struck);
      if (effect.actedLater) open.push(effect.actedLater.then((known) => (struck.acted = known)));
      const cost = lostMs === undefined ? '' : `, cost ${(lostMs / 1000).toFixed(2)} s`;
      tell(`step ${step}: ${kind}: ${what}${cost}${acted ? '' : ' – it did not act'}`);
    }
  }
  return effects.filter(([, { acted }]) => !acted).map(([fault]) => fault);
}

function fromMs(kind: FaultKind, { startMs, endMs }: Effect): number {
  return factsOf(kind).recoversFrom === 'start' ? startMs : endMs;
}
