import type { ShardAnswer, Task } from '#protocol/pool/task.js';
import { taskId } from '#protocol/pool/task.js';
import type { OpenTask } from './deal/deal.js';
import type { PoolLimits } from './pool-decision.js';
import type { Addressee, OutstandingTask } from './pool-state.js';
import type { Finding } from './verify/finding.js';
import { isVerified } from './verify/verified-tasks.js';
import type { Vote } from './verify/votes.js';

export interface AddressedTask {
  readonly task: Task;
  readonly to: Addressee;
  /** If any worker may do the task: the one that should rather do it. */
  readonly preferred?: string | undefined;
}

/** What holds for all tasks of a phase. */
export interface PhaseTerms {
  /** The run that the tasks belong to: it has one phase at a time. */
  readonly run: string;
  /** The run's, by which tasks are chosen that are verified. */
  readonly seed: number;
  /** Of the runs that have tasks, those of the highest priority get workers first. It may change meanwhile. */
  priority(): number;
  readonly limits: PoolLimits;
  /** What the tasks need of a worker's memory at least. Workers that have less are given none. */
  readonly workerBytes: number;
  readonly signal: AbortSignal;
  /** Called once for each task, in the order in which answers arrive. An error that it throws ends the phase. */
  onAnswer(answer: ShardAnswer): Promise<void>;
  /** Called when a task was lost or failed and is sent again. */
  onRetry(): void;
  /** Called when a worker was found to compute wrongly, and when a task could not be verified. */
  onFinding(finding: Finding): void;
}

/** A task of a phase, from when it is given to the pool until it is answered. */
export interface PhaseTask extends OpenTask {
  readonly id: string;
  readonly task: Task;
  /** Counts from 1. It grows when the task was lost or failed. */
  attempt: number;
  /** How many jobs it was: attempts, and copies of a straggler. */
  jobs: number;
  /** The workers that could not do it. */
  readonly failedBy: string[];
  /** Those of them that could not for a reason that time does not mend. */
  readonly incapable: string[];
  /** The jobs of it that are not answered. */
  readonly out: Set<OutstandingTask>;
  /** Must two workers give the same result? */
  readonly isVerified: boolean;
  /** The answers so far. */
  readonly votes: Vote[];
  /** Since when nobody has been there who could decide between them, or confirm one. */
  undecidedMs?: number | undefined;
  /** The tasks that do the same together, once they were needed, and the task of which it is such a part. */
  parts?: readonly PhaseTask[];
  readonly whole?: PhaseTask;
}

/** The forward or the backward pass of one step of one run: tasks that are all to be answered. */
export interface Phase extends Omit<PhaseTerms, 'signal'> {
  /** The tasks that are not answered yet, by their ids. */
  readonly waiting: Map<string, PhaseTask>;
  /** Those of them that are to be sent when a worker has room. */
  open: readonly PhaseTask[];
  /** How many answers have not come, or are not read yet. */
  unread: number;
  /** When the last answer came, or when the phase began. */
  heardMs: number;
  resolve(): void;
  reject(error: unknown): void;
}

export function phaseTask(
  { task, to, preferred }: AddressedTask,
  { seed, limits }: Pick<PhaseTerms, 'seed' | 'limits'>,
): PhaseTask {
  const known = to.kind === 'worker' ? to.id : preferred;
  return {
    ...{ id: taskId(task), task, preferred: known, attempt: 1, jobs: 0, failedBy: [], incapable: [] },
    ...{ out: new Set(), votes: [] },
    isVerified: isVerified(task, { seed, share: limits.verifyShare }),
  };
}

/** The next job of a task: its first, one that follows a lost one, or a copy. */
export function nextJob(of: PhaseTask, to: Addressee, { attempts }: PoolLimits): OutstandingTask {
  of.jobs += 1;
  const { id, task, attempt } = of;
  return { id, task, to, attempt, attempts, job: `${id}.${of.jobs}` };
}

export function outstandingOf(phases: Iterable<Phase>): OutstandingTask[] {
  return [...phases].flatMap(({ waiting }) => [...waiting.values()].flatMap(({ out }) => [...out]));
}

/** The job by which a worker has a task: one for it, or else one for whoever comes first. */
export function jobOf({ out }: PhaseTask, worker: string): OutstandingTask | undefined {
  const isWorkers = (to: Addressee): boolean => to.kind === 'worker' && to.id === worker;
  return [...out].find(({ to }) => isWorkers(to)) ?? [...out].find(({ to }) => to.kind === 'any');
}
