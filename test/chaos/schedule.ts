import { seededRandom } from '#model/parameters/seeded-random.js';
import { factsOf, type FaultGroup, type FaultKind } from './kinds.js';

export interface Fault {
  readonly kind: FaultKind;
  readonly lastsMs: number;
  /** How many workers there are afterwards, for a fault that adds or removes some. */
  readonly workers?: number;
}

/** Faults that strike together. */
export interface Round {
  /** The round begins when this many steps are committed, */
  readonly step: number;
  /** and this much later: a random moment of the step that is then under way. */
  readonly afterMs: number;
  /** One, or two of different groups. */
  readonly faults: readonly Fault[];
}

export interface ScheduleOptions {
  readonly seed: number;
  readonly steps: number;
  readonly kinds: readonly FaultKind[];
  /** How many times each kind is in the schedule. */
  readonly times: number;
}

/** Steps that a round has for itself: its recovery is read off the two commits after it. */
export const stepsPerRound = 3;
/** Steps before the first round and after the last one. */
const marginSteps = 3;
/** One pair of neighbouring faults in so many strikes together. */
const togetherOneIn = 4;
/** A round begins at most this long after its step is committed. A step of the tiny model takes about as long. */
const afterMsMax = 200;
/** How many workers a pool begins with. */
const workersAtStart = 1;

/**
 * The faults of a run, in order: a function of its arguments alone. Throws if the run has too few steps for all of
 * them.
 */
export function planChaos({ seed, steps, kinds, times }: ScheduleOptions): Round[] {
  const { uniform } = seededRandom(seed, 'chaos');
  const below = (count: number): number => Math.floor(uniform() * count);
  const deck = shuffled(
    kinds.flatMap((kind) => Array.from({ length: times }, () => kind)),
    below,
  );
  const faults = withPopulations(deck).map(({ kind, workers }): Fault => {
    const [least, most] = factsOf(kind).lastsMs;
    return { kind, lastsMs: Math.round(least + uniform() * (most - least)), ...(workers !== undefined && { workers }) };
  });
  const groups = together(faults, below);
  const needed = stepsPerRound * groups.length + 2 * marginSteps;
  if (steps < needed)
    throw new Error(
      `expected at least ${needed} steps for ${faults.length} faults in ${groups.length} rounds, got ${steps}`,
    );
  // A round begins at a random step of its own share of the run, with room for its recovery. Half of the steps that can
  // be spared are left at the end: the pool goes on while a worker is frozen, and the rounds after it are late.
  const share = (steps + needed - 4 * marginSteps) / 2 / groups.length;
  return groups.map((group, index) => ({
    step: marginSteps + Math.floor(index * share) + below(Math.floor(share) - stepsPerRound + 1),
    afterMs: below(afterMsMax + 1),
    faults: group,
  }));
}

/**
 * Takes the next round out of `rest`: the first for which all is ready. It overtakes only rounds of other groups, so
 * that workers join and leave in their order and a standby is not stopped by a fault that needs none. If there is no
 * such round, the first is next, and waits. Changes `rest`, which must not be empty.
 */
export function nextRound<R extends Round>(rest: R[], isReady: (fault: Fault) => boolean): R {
  const waiting = new Set<FaultGroup>();
  const index = rest.findIndex(({ faults }) => {
    const groups = faults.map(({ kind }) => factsOf(kind).group);
    if (faults.every(isReady) && !groups.some((group) => waiting.has(group))) return true;
    for (const group of groups) waiting.add(group);
    return false;
  });
  const [next] = rest.splice(Math.max(0, index), 1);
  return next!;
}

function shuffled<T>(items: readonly T[], below: (count: number) => number): T[] {
  const deck = [...items];
  for (let last = deck.length - 1; last > 0; last--) {
    const other = below(last + 1);
    [deck[last], deck[other]] = [deck[other]!, deck[last]!];
  }
  return deck;
}

type Dealt = Pick<Fault, 'kind' | 'workers'>;

/**
 * Puts the joins and leaves into an order in which they are possible, at the places where the deck has any of them. The
 * first join comes first of all: the pool begins with one worker, and the others need one to go on with.
 */
function withPopulations(deck: readonly FaultKind[]): Dealt[] {
  const isMove = (kind: FaultKind): boolean => kind === 'worker-joins' || kind === 'worker-leaves';
  const [joins, leaves] = (['worker-joins', 'worker-leaves'] as const).map(
    (kind) => deck.filter((dealt) => dealt === kind).length,
  );
  if (joins !== leaves) throw new Error('expected both worker-joins and worker-leaves or neither, got one of them');
  if (joins === 0) return deck.map((kind) => ({ kind }));
  const populations = populationsOf(joins!);
  const [first, ...later] = populations.map((workers, index): Dealt => {
    const before = populations[index - 1] ?? workersAtStart;
    return { kind: workers > before ? 'worker-joins' : 'worker-leaves', workers };
  });
  const rest = deck.toSpliced(deck.findIndex(isMove), 1);
  return [first!, ...rest.map((kind) => (isMove(kind) ? later.shift()! : { kind }))];
}

/** How many workers there are after each join and leave: from 1 to 6, then to 2, then up and down. */
function populationsOf(joins: number): number[] {
  if (joins === 1) return [6, 2];
  return [3, 6, 4, 2, ...Array.from({ length: joins - 2 }, () => [4, 2]).flat()];
}

/** Joins some neighbours of different groups to pairs. */
function together(faults: readonly Fault[], below: (count: number) => number): Fault[][] {
  const groups: Fault[][] = [];
  for (const fault of faults) {
    const last = groups.at(-1);
    const fits = last?.length === 1 && factsOf(last[0]!.kind).group !== factsOf(fault.kind).group;
    if (fits && groups.length > 1 && below(togetherOneIn) === 0) last.push(fault);
    else groups.push([fault]);
  }
  return groups;
}
