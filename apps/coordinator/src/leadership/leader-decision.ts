/** The newest claim to lead a store, as another coordinator sees it. */
export interface SeenLeader {
  readonly epoch: number;
  /** Increases at every sign of life. */
  readonly beat: number;
  /** The leader has stopped and said so. */
  readonly released: boolean;
  /** When `beat` was first seen to have this value, by the reader's own clock. */
  readonly sinceMs: number;
}

export interface LeaseLimits {
  /** A leader whose beat has not changed for this long has lost its lease. */
  readonly leaseMs: number;
}

export type LeaderDecision =
  | { readonly kind: 'claim'; readonly epoch: number; readonly reason: string }
  | { readonly kind: 'wait'; readonly reason: string };

/** Decides whether a coordinator may claim to lead a store, or waits for the one that does. */
export function decideLeader(nowMs: number, leader: SeenLeader | undefined, { leaseMs }: LeaseLimits): LeaderDecision {
  if (!leader) return { kind: 'claim', epoch: 1, reason: 'no coordinator has led this store before' };
  const next = leader.epoch + 1;
  if (leader.released) return { kind: 'claim', epoch: next, reason: 'the last leader has stopped' };
  const silentMs = nowMs - leader.sinceMs;
  if (silentMs >= leaseMs)
    return {
      kind: 'claim',
      epoch: next,
      reason: `the last leader was silent for ${Math.round(silentMs)} ms, its lease is ${leaseMs} ms`,
    };
  return { kind: 'wait', reason: `another coordinator leads, and was heard of ${Math.round(silentMs)} ms ago` };
}

/** The leader, updated from a record just read. It counts as heard of now only if its epoch or beat has changed. */
export function seeLeader(
  known: SeenLeader | undefined,
  record: Omit<SeenLeader, 'sinceMs'> | undefined,
  nowMs: number,
): SeenLeader | undefined {
  if (!record) return undefined;
  const isNews = known?.epoch !== record.epoch || known.beat !== record.beat;
  return { ...record, sinceMs: isNews ? nowMs : known.sinceMs };
}
