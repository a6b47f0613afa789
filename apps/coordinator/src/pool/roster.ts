import { heartbeatMs, type CoordinatorRecord, type WorkerRecord } from '#protocol/pool/presence.js';
import type { WorkerStatus } from '#protocol/run/run-status.js';
import { observedClock } from './observed-clock.js';
import { missedHeartbeats, seeWorkers, type SeenWorker } from './pool-state.js';
import { convicted, setAside, type SetAside } from './set-aside.js';
import { standing, statusOf, type Standing } from './worker-standing.js';

/** The workers of a pool, as their records show them, and which of them are set aside. */
export interface Roster {
  /** All that are known, by their ids. */
  workers(): ReadonlyMap<string, SeenWorker>;
  /** When the newest records were read, by the clock that counts silence. */
  observedMs(): number;
  /** The workers that may be given tasks. */
  present(): string[];
  record(worker: string): WorkerRecord | undefined;
  statuses(): WorkerStatus[];
  /** Takes note of records that were just read. */
  see(records: readonly WorkerRecord[]): Seen;
  forget(worker: string): void;
  /** The worker could not do a task, and gets none for a while. */
  setAside(worker: string, reason: string): void;
  /** The worker did a task. */
  trust(worker: string): void;
  /** What was held against workers was nobody's own trouble. A worker that computes wrongly stays aside. */
  pardon(): void;
  /** The worker computes wrongly, and gets no tasks until it is started again. */
  convict(worker: string, startedAt: string, reason: string): void;
  isConvicted(worker: string): boolean;
  /** For how many milliseconds a worker with this arithmetic has been there alone: others may have left, or join. */
  aloneMs(arithmetic: string | undefined): number;
}

/** What new records tell. */
export interface Seen {
  readonly joined: readonly string[];
  readonly left: readonly string[];
  readonly heartbeatsMissed: number;
}

export interface RosterParts {
  readonly self: CoordinatorRecord;
  /** The time, in milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly lease: () => { readonly leaseMs: number };
}

export function openRoster({ self, nowMs, lease }: RosterParts): Roster {
  const clock = observedClock(2 * heartbeatMs);
  let observedMs = 0;
  let workers = new Map<string, SeenWorker>();
  const aside = new Map<string, SetAside>();
  /** When two workers with this arithmetic were last there, or when the first of them came. */
  const companyMs = new Map<string, number>();
  const standingOf = (worker: SeenWorker): Standing =>
    standing(worker, self, { observedMs, nowMs: nowMs() }, lease(), aside.get(worker.record.id));
  const isConvicted = (id: string): boolean => {
    const worker = workers.get(id);
    const held = aside.get(id);
    return held?.convictedAs !== undefined && (!worker || worker.record.startedAt === held.convictedAs);
  };
  const present = (): string[] =>
    [...workers.values()].filter((worker) => standingOf(worker).isPresent).map(({ record }) => record.id);
  const noteCompany = (): void => {
    const there = new Set<string>();
    for (const id of present()) {
      const { arithmetic } = workers.get(id)!.record;
      if (there.has(arithmetic) || !companyMs.has(arithmetic)) companyMs.set(arithmetic, nowMs());
      there.add(arithmetic);
    }
    for (const arithmetic of companyMs.keys()) if (!there.has(arithmetic)) companyMs.delete(arithmetic);
  };
  return {
    workers: () => workers,
    observedMs: () => observedMs,
    present,
    record: (worker) => workers.get(worker)?.record,
    statuses: () => [...workers.values()].map((worker) => statusOf(worker, standingOf(worker))),
    see(records) {
      const [known, beforeMs] = [workers, observedMs];
      observedMs = clock.advance(nowMs()); // After the records were read: the time that this took says nothing of them.
      workers = seeWorkers(known, records, observedMs, nowMs());
      noteCompany();
      return {
        joined: [...workers.keys()].filter((id) => !known.has(id)),
        left: [...known.keys()].filter((id) => !workers.has(id)),
        heartbeatsMissed: missedHeartbeats(workers, beforeMs, observedMs),
      };
    },
    forget: (worker) => void workers.delete(worker),
    setAside(worker, reason) {
      if (!isConvicted(worker)) aside.set(worker, setAside(nowMs(), aside.get(worker), reason));
    },
    trust(worker) {
      if (!isConvicted(worker)) aside.delete(worker);
    },
    pardon() {
      for (const worker of [...aside.keys()]) if (!isConvicted(worker)) aside.delete(worker);
    },
    convict: (worker, startedAt, reason) => void aside.set(worker, convicted(startedAt, reason)),
    isConvicted,
    aloneMs: (arithmetic = '') => nowMs() - (companyMs.get(arithmetic) ?? nowMs()),
  };
}
