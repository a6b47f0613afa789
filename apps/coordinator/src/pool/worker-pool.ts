import { holdsRun } from '#encoder/worker-memory.js';
import type { CoordinatorRecord } from '#protocol/pool/presence.js';
import type { WorkerStatus } from '#protocol/run/run-status.js';
import { inputHash, runOf, type Answer, type ShardAnswer } from '#protocol/pool/task.js';
import { TandemError } from '#protocol/tandem-error.js';
import { openPace, type TaskKind } from './deal/pace.js';
import { openDispatch } from './dispatch.js';
import { jobOf, nextJob, outstandingOf, phaseTask } from './phase.js';
import type { AddressedTask, Phase, PhaseTask, PhaseTerms } from './phase.js';
import { decide, lostWorkers, retryOrGiveUp, type PoolAction } from './pool-decision.js';
import type { OutstandingTask, TaskLocation } from './pool-state.js';
import { isForOthers, isSplit, overtakenBy, splitUp } from './parts.js';
import { cancelled, disputed, failedOn, givenUp, isUnusableResult } from './phase-error.js';
import type { Membership, WorkerChange } from './membership.js';
import { openRoster } from './roster.js';
import { judgeFailure } from './set-aside.js';
import type { Transport } from './transport.js';
import { miscomputed, unverified } from './verify/finding.js';
import { countVotes, isVote, jobsWanted, nobody, type Vote } from './verify/votes.js';
import { openWorkloads } from './deal/workloads.js';

/** All workers together: takes the tasks of any number of runs and has them done. */
export interface WorkerPool {
  /**
   * Has all tasks done. Resolves when each is answered; a second answer to a task changes nothing (invariant W2).
   * Rejects with SHARD_FAILED if a task has failed its last attempt, with the worker's own error if it is not worth a
   * retry, with CHECK_FAILED if workers contradict one another and none is left to decide, and with CANCELLED if
   * `signal` is aborted.
   */
  run(tasks: readonly AddressedTask[], terms: PhaseTerms): Promise<void>;
  workers(): readonly WorkerStatus[];
  membership(): Membership;
  /** The workers that may be given tasks and have this memory: the time of each for a shard over that of its peers. */
  slowness(workerBytes: number): Map<string, number>;
  /** The median time of a shard in this pass of a run, of late; undefined if none is known. */
  shardMs(of: TaskKind): number | undefined;
  outstandingTasks(): number;
  close(): Promise<void>;
}

export interface PoolParts {
  readonly transport: Transport;
  readonly self: CoordinatorRecord;
  /** The time, in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Calls `tick` at every heartbeat until it is stopped. Tests pass their own, and so decide when a tick comes. */
  readonly every: (tick: () => Promise<void>) => { stop(): Promise<void> };
  /** Receives one line of text for each change of the pool: of its workers, or of who has which task. */
  readonly onChange: (reason: string, what: WorkerChange | 'tasks') => void;
}

const idleLeaseMs = 1000;
/** For how long the pool waits for a worker that could confirm a result, or decide between two. */
const patienceMs = 5000;
/** How often the pool asks where each task is, unless a worker is lost: one question per task. */
const locateEveryMs = 1000;

export function openWorkerPool({ transport, self, nowMs, every, onChange }: PoolParts): WorkerPool {
  const pace = openPace();
  const workloads = openWorkloads();
  let locatedMs = -Infinity;
  let membership: Membership = { joined: 0, left: 0, lost: 0, heartbeatsMissed: 0 };
  const phases = new Set<Phase>();
  let missingBefore = new Set<OutstandingTask>();

  /** The shortest lease of the runs that train: a worker is lost for all of them or for none. */
  const leaseMs = (): number => Math.min(...[...phases].map(({ limits }) => limits.leaseMs), Infinity);
  const lease = (): { readonly leaseMs: number } => ({ leaseMs: phases.size > 0 ? leaseMs() : idleLeaseMs });
  const roster = openRoster({ self, nowMs, lease });
  const onTasks = (reason: string): void => onChange(reason, 'tasks');
  const dispatch = openDispatch({ phases, transport, roster, workloads, pace, nowMs, onChange: onTasks });
  const { phaseOf, electorateOf, send, reopen, drop, dealOut, helpOut, withdraw } = dispatch;

  const perform = async (action: PoolAction): Promise<void> => {
    switch (action.kind) {
      case 'forget':
        onChange(action.reason, 'lost');
        membership = { ...membership, lost: membership.lost + 1 };
        roster.forget(action.worker);
        return transport.forgetWorker(action.worker);
      case 'resend': {
        const { id } = action.task;
        const phase = phaseOf(id);
        drop(action.task);
        const task = phase?.waiting.get(id);
        if (!phase || !task || task.out.size >= jobsWanted(task)) return; // A copy of it is still out.
        onTasks(action.reason);
        phase.onRetry();
        task.attempt += 1;
        if (isForOthers(phase, task, roster.present())) splitUp(phase, task);
        else reopen(id);
        return dealOut();
      }
      case 'giveUp':
        drop(action.task);
        if (isOutElsewhere(action.task.id)) return;
        onTasks(action.reason);
        return giveUp(action.task, action.reason);
    }
  };
  /** One answer that nobody has confirmed is better than none. */
  const giveUp = async (job: OutstandingTask, reason: string): Promise<void> => {
    const phase = phaseOf(job.id);
    const task = phase?.waiting.get(job.id);
    if (!phase || !task) return;
    if (task.votes.length === 1) return conclude(phase, task, 0);
    phase.reject(task.votes.length === 0 ? givenUp(job, reason) : disputed(task));
  };
  const tick = async (): Promise<void> => {
    await transport.announce(self);
    const { joined, left, heartbeatsMissed } = roster.see(await transport.workers());
    membership = {
      ...membership,
      joined: membership.joined + joined.length,
      left: membership.left + left.length,
      heartbeatsMissed: membership.heartbeatsMissed + heartbeatsMissed,
    };
    for (const id of joined) onChange(`worker ${id} joined`, 'joined');
    for (const id of left) onChange(`worker ${id} left`, 'left');
    const [workers, observedMs] = [roster.workers(), roster.observedMs()];
    workloads.see([...workers.values()].map(({ record }) => record));
    const jobs = outstandingOf(phases);
    const isLookDue =
      observedMs - locatedMs >= locateEveryMs || lostWorkers(observedMs, { workers }, lease()).length > 0;
    const locations = isLookDue ? await transport.locate(jobs) : new Map<string, TaskLocation>();
    // A phase may have begun while Redis answered: its limits count for its tasks.
    const actions = decide(
      observedMs,
      { workers, outstanding: outstandingOf(phases), locations, missingBefore },
      lease(),
    );
    if (isLookDue) {
      locatedMs = observedMs;
      missingBefore = new Set(jobs.filter(({ job }) => locations.get(job)?.kind === 'missing'));
    }
    for (const action of actions) if (action.kind === 'forget' || isOut(action.task)) await perform(action);
    await helpOut();
    for (const phase of phases)
      // Those who could confirm an answer may be gone.
      for (const task of phase.waiting.values())
        if (task.votes.length > 0) void conclude(phase, task).catch((error: unknown) => phase.reject(error));
  };
  /** Is a copy of a task out, or are its parts? */
  const isOutElsewhere = (id: string): boolean => {
    const phase = phaseOf(id);
    const task = phase?.waiting.get(id);
    return phase !== undefined && task !== undefined && (task.out.size > 0 || isSplit(phase, task));
  };
  const isOut = (job: OutstandingTask): boolean => phaseOf(job.id)?.waiting.get(job.id)?.out.has(job) ?? false;

  /** What a worker could not do is its own trouble at first: others do it meanwhile. */
  const fail = async (phase: Phase, failed: PhaseTask, worker: string, error: TandemError): Promise<void> => {
    const others = roster.present().filter((id) => id !== worker);
    if (others.length > 0) roster.setAside(worker, error.message);
    // Its last job, if it is out no longer: a result that could not be used.
    const job = jobOf(failed, worker) ?? { ...nextJob(failed, { kind: 'worker', id: worker }, phase.limits) };
    const verdict = judgeFailure({ task: job, worker, error, failedBy: failed.failedBy, others });
    failed.failedBy.push(worker);
    if (!error.retryable) failed.incapable.push(worker);
    if (verdict.kind === 'endRun' && failed.votes.length > 0 && !error.retryable) {
      drop(job); // Somebody could do it: that others cannot confirm it does not end the run.
      return conclude(phase, failed);
    }
    // What several could not do is nobody's own trouble. A store that was away has set others aside as well.
    if (verdict.kind === 'endRun' && new Set(failed.failedBy).size > 1) roster.pardon();
    if (verdict.kind === 'endRun') phase.reject(failedOn(verdict.by, error));
    else await perform(verdict);
  };
  const receive = async (answer: Answer): Promise<void> => {
    workloads.answered(answer.worker, answer.taskId, nowMs());
    // A download takes as long as the servers do, a count as its file is long: that says nothing of the worker.
    if (answer.kind !== 'failed' && answer.kind !== 'download' && answer.kind !== 'count') {
      // Also if it is late: it shows how slow the worker is.
      const { loadMs, computeMs, storeMs, shards, worker, kind } = answer;
      const shardMs = (loadMs + computeMs + storeMs) / shards;
      pace.done(worker, { run: runOf(answer.taskId), kind }, shardMs, nowMs());
    }
    const phase = phaseOf(answer.taskId);
    const task = phase?.waiting.get(answer.taskId);
    if (phase) phase.heardMs = nowMs();
    if (!phase || !task || roster.isConvicted(answer.worker)) return;
    if (answer.kind === 'failed') return fail(phase, task, answer.worker, TandemError.fromWire(answer.error));
    const { shard, shards } = task.task;
    if (answer.kind === task.task.kind && inputHash(answer) !== inputHash(task.task))
      return onTasks(`refused an answer to ${task.id} for ${otherInput(answer)}, from worker ${answer.worker}`);
    if (answer.kind !== task.task.kind || answer.shard !== shard || answer.shards !== shards)
      return onTasks(`refused an answer to ${task.id} that is one to another task, from worker ${answer.worker}`);
    const vote = voteOf(answer);
    if (isVote(task, vote)) task.votes.push(vote);
    const job = jobOf(task, answer.worker);
    if (job) task.out.delete(job);
    await conclude(phase, task);
  };
  /** A worker may answer before its record is read. */
  const voteOf = (answer: ShardAnswer): Vote => {
    let voter = roster.record(answer.worker);
    return {
      answer,
      get voter() {
        return (voter ??= roster.record(answer.worker));
      },
    };
  };
  /** Takes an answer to a task if there are answers enough, and else has it done by others. */
  const conclude = async (phase: Phase, task: PhaseTask, waitMs = patienceMs): Promise<void> => {
    if (task.votes.length === 0) return;
    const verdict = countVotes(task, task.isVerified && waitMs > 0 ? electorateOf(phase) : nobody);
    if (verdict.kind === 'open') {
      task.undecidedMs = undefined;
      reopen(task.id);
      return dealOut();
    }
    const isUnconfirmed = task.isVerified && !(verdict.kind === 'accepted' && verdict.isConfirmed);
    if (isUnconfirmed && isWorthWaiting(task, verdict.kind === 'disputed', waitMs)) return;
    if (verdict.kind === 'disputed') return phase.reject(disputed(task));
    const { answer, against } = verdict;
    for (const vote of against) convict(phase, task, vote, answer);
    if (isUnconfirmed) phase.onFinding(unverified(task, answer));
    await Promise.all([accept(phase, task, answer), ...against.map((vote) => takeAway(vote.answer.worker))]);
  };
  /** Who could decide may be back soon: a lost record, a pause, a worker that is just started. */
  const isWorthWaiting = (task: PhaseTask, isDisputed: boolean, waitMs: number): boolean => {
    task.undecidedMs ??= nowMs();
    const isExpected = isDisputed || roster.aloneMs(task.votes[0]!.voter?.arithmetic) < waitMs;
    return isExpected && nowMs() - task.undecidedMs < waitMs;
  };
  const convict = (phase: Phase, task: PhaseTask, wrong: Vote, right: ShardAnswer): void => {
    const finding = miscomputed(task, wrong, right);
    const { worker, reason } = finding;
    onTasks(reason);
    roster.convict(worker, wrong.voter?.startedAt ?? '', reason);
    phase.onFinding(finding);
  };
  /** Others do what a worker has that computes wrongly, and what it has done and nobody has confirmed. */
  const takeAway = async (worker: string): Promise<void> => {
    for (const { waiting } of phases)
      for (const { id, votes } of waiting.values()) {
        const others = votes.filter(({ answer }) => answer.worker !== worker);
        if (others.length === votes.length) continue;
        votes.splice(0, Infinity, ...others);
        reopen(id);
      }
    const jobs = outstandingOf(phases).filter(({ to }) => to.kind === 'worker' && to.id === worker);
    const reason = (id: string): string => `${id} was with worker ${worker}, which computes wrongly`;
    await Promise.all([withdraw(jobs), ...jobs.map((job) => perform(retryOrGiveUp(job, reason(job.id))))]);
  };
  const accept = async (phase: Phase, task: PhaseTask, answer: ShardAnswer): Promise<void> => {
    const overtaken = overtakenBy(phase, task);
    const needless = [...task.out, ...overtaken];
    phase.waiting.delete(task.id);
    workloads.settle(needless);
    task.out.clear();
    phase.open = phase.open.filter((one) => one !== task);
    try {
      await Promise.all([withdraw(needless), dealOut(), phase.onAnswer(answer)]);
    } catch (error) {
      if (!isUnusableResult(error)) throw error;
      phase.waiting.set(task.id, task);
      task.votes.splice(0, Infinity, ...task.votes.filter((vote) => vote.answer.worker !== answer.worker));
      return fail(phase, task, answer.worker, error);
    }
    roster.trust(answer.worker);
    phase.unread -= 1;
    if (phase.unread === 0) phase.resolve();
  };
  transport.onAnswer((answer) => {
    const phase = phaseOf(answer.taskId);
    void receive(answer).catch((error: unknown) => phase?.reject(error));
  });
  const beat = every(tick);

  return {
    async run(tasks, { signal, ...terms }) {
      const given = tasks.map((task) => ({ to: task.to, task: phaseTask(task, terms) }));
      let phase: Phase | undefined;
      const cancel = (): void => phase?.reject(cancelled());
      try {
        await new Promise<void>((resolve, reject) => {
          if (signal.aborted) return reject(cancelled());
          signal.addEventListener('abort', cancel, { once: true });
          phase = {
            ...terms,
            waiting: new Map(given.map(({ task }) => [task.id, task])),
            open: given.filter(({ to }) => to.kind === 'any').map(({ task }) => task),
            unread: given.length,
            heardMs: nowMs(),
            resolve,
            reject,
          };
          phases.add(phase);
          const addressed = given.filter(({ to }) => to.kind === 'worker');
          const isLost = ({ to }: Pick<AddressedTask, 'to'>): boolean =>
            to.kind === 'worker' && roster.isConvicted(to.id);
          const jobs = addressed.flatMap((one) => (isLost(one) ? [] : nextJob(one.task, one.to, terms.limits)));
          for (const { task } of addressed.filter(isLost))
            if (isForOthers(phase, task, roster.present())) splitUp(phase, task);
          const sent = send(jobs);
          for (const { task } of addressed) reopen(task.id); // What nobody has, and what two workers are to do.
          Promise.all([sent, dealOut()]).catch(reject);
        });
      } finally {
        signal.removeEventListener('abort', cancel);
        const left = phase ? outstandingOf([phase]) : [];
        if (phase) phases.delete(phase);
        workloads.settle(left);
        await withdraw(left);
      }
    },
    workers: () => roster.statuses().map((worker) => ({ ...worker, slowness: pace.slowness(worker.id, nowMs()) })),
    membership: () => membership,
    slowness(workerBytes) {
      const able = roster.present().filter((worker) => holdsRun(roster.record(worker)!.memoryBytes, workerBytes));
      return new Map(able.map((worker) => [worker, pace.slowness(worker, nowMs())]));
    },
    shardMs: (of) => pace.typicalMs(of),
    outstandingTasks: () => [...phases].reduce((sum, { waiting }) => sum + waiting.size, 0),
    async close() {
      await beat.stop();
      await transport.close();
    },
  };
}

function otherInput({ kind }: ShardAnswer): string {
  return kind === 'download' || kind === 'count' ? 'another list' : 'other parameters';
}
