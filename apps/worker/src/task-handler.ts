import { createHash } from 'node:crypto';
import { ErrorCode, TandemError, toWireError } from '#protocol/tandem-error.js';
import {
  protocolVersion,
  taskId,
  taskSchema,
  type Answer,
  type DownloadAnswer,
  type DownloadTask,
  type ModelTask,
  type ModelAnswer,
  type Task,
  type TaskResult,
} from '#protocol/pool/task.js';
import type { MessageSigner } from '#protocol/pool/signed-messages.js';
import { openDownloadContexts, type DownloadContextsOptions } from './download/download-context.js';
import { download } from './download/download-task.js';
import { checkOwnBlobs } from './own-blobs.js';
import type { RunContext } from './run-context.js';
import { openRunContexts, type RunContextsOptions } from './run-contexts.js';
import { backprop } from './tasks/backprop-task.js';
import { count } from './tasks/count-task.js';
import { encode, stashKey } from './tasks/encode-task.js';
import { features } from './tasks/features-task.js';
import { beginTaskTrace, type TaskTrace } from '#metrics/traces/task-trace.js';
import type { SpanExporter } from '#metrics/traces/span-exporter.js';
import { startStopwatch, type Stopwatch } from './tasks/stopwatch.js';

export interface TaskHandler {
  /**
   * Does a task and returns its answer, which is an error if the task cannot be done. Never rejects. Tasks are computed
   * one after another, in the order in which they came, but the samples of a task are loaded as soon as it comes.
   * Downloads, which wait for servers, go on beside all others.
   */
  handle(message: unknown): Promise<Answer>;
  /** Gives up tasks of several shards after the shard that is at work: the worker is wanted to stop soon. */
  hurry(): void;
  close(): Promise<void>;
}

export interface TaskHandlerOptions extends RunContextsOptions, DownloadContextsOptions {
  readonly code: string;
  readonly signer: MessageSigner;
  /** Where spans of tasks go, if anywhere. */
  readonly spans?: SpanExporter | undefined;
}

export function openTaskHandler(options: TaskHandlerOptions): TaskHandler {
  const contexts = openRunContexts(options);
  const downloads = openDownloadContexts(options);
  /** The downloads that are under way. */
  const apart = new Set<Promise<Answer>>();
  const stopping = new AbortController();
  let last: Promise<unknown> = Promise.resolve();

  const loadAhead = (task: ModelTask): void => {
    const context = contexts.get(task);
    if (!context) return;
    if (task.kind === 'features') return;
    if (task.kind === 'encode' || !context.stashes.get(stashKey(task))) context.samples.loadAhead(task);
    if (task.kind === 'backprop' && task.next) context.samples.loadAhead(task.next);
  };
  /** Other tasks are no part of a step. */
  const traceOf = (task: Task): TaskTrace | undefined =>
    options.spans && (task.kind === 'encode' || task.kind === 'backprop')
      ? beginTaskTrace(options.spans, task, options.worker, { nowMs: options.now, wallMs: Date.now })
      : undefined;
  const answer = async (read: ReadTask): Promise<Answer> => {
    const trace = 'task' in read ? traceOf(read.task) : undefined;
    const given = await answerTo(read, trace);
    trace?.end(given.kind === 'failed' ? given.error.message : undefined);
    return given;
  };
  const answerTo = async (read: ReadTask, trace: TaskTrace | undefined): Promise<Answer> => {
    try {
      if ('error' in read) throw read.error;
      const { task } = read;
      const { time, laps } = startStopwatch(options.now, trace?.part);
      const { shard, shards } = task;
      const of = { worker: options.worker, taskId: taskId(task), shard, shards };
      if (task.kind === 'download') {
        const done = await performDownload(task, time);
        return { ...done, ...of, listHash: task.listHash, ...laps };
      }
      if (task.kind === 'count') {
        const done = await count(task, options.worker, options.storeAccess, time);
        return { ...done, ...of, listHash: task.listHash, ...laps };
      }
      const context = await time('open', () => contexts.open(task));
      const done = await perform(task, context, time, stopping.signal);
      return { ...done, ...of, parametersHash: task.parametersHash, ...laps };
    } catch (error) {
      return {
        kind: 'failed',
        worker: options.worker,
        taskId: 'task' in read ? taskId(read.task) : read.id,
        error: toWireError(error, ErrorCode.ShardFailed),
      };
    }
  };
  const performDownload = (task: DownloadTask, time: Stopwatch): Promise<TaskResult<DownloadAnswer>> =>
    downloads.during(task, (context) => download(task, context, options.worker, time, stopping.signal));
  return {
    handle(message) {
      const read = readTask(message, options);
      if ('task' in read && read.task.kind === 'download') {
        const done = answer(read);
        apart.add(done);
        void done.then(() => apart.delete(done));
        return done;
      }
      if ('task' in read && read.task.kind !== 'count') loadAhead(read.task as ModelTask);
      const next = last.then(() => answer(read));
      last = next;
      return next;
    },
    hurry: () => stopping.abort(),
    async close() {
      await Promise.all([last, ...apart]);
      await contexts.close();
      await downloads.close();
    },
  };
}

function perform(
  task: ModelTask,
  context: RunContext,
  time: Stopwatch,
  stopping: AbortSignal,
): Promise<TaskResult<ModelAnswer>> {
  switch (task.kind) {
    case 'encode':
      return encode(task, context, time, stopping);
    case 'backprop':
      return backprop(task, context, time, stopping);
    case 'features':
      return features(task, context, time, stopping);
  }
}

/** A task in a message, or why it cannot be done and the name by which to answer. */
type ReadTask = { readonly task: Task } | { readonly error: unknown; readonly id: string };

/**
 * The answer to a message that is not believed names no task: else it would speak for one that somebody waits for. Each
 * message has another name, because a queue ignores a job whose name it has.
 */
function nobodysTask(message: unknown): string {
  const text = JSON.stringify(message) ?? '';
  return `unsigned-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

function readTask(message: unknown, { code, signer }: TaskHandlerOptions): ReadTask {
  let verified: unknown;
  try {
    verified = signer.verify('task', message);
  } catch (error) {
    return { error, id: nobodysTask(message) };
  }
  const parsed = taskSchema.safeParse(verified);
  const id = taskId((verified ?? {}) as Task);
  if (!parsed.success || parsed.data.code !== code) return { error: mismatch(verified, code, parsed.error), id };
  try {
    checkOwnBlobs(parsed.data);
    return { task: parsed.data };
  } catch (error) {
    return { error, id: nobodysTask(message) };
  }
}

function mismatch(message: unknown, code: string, cause: unknown): TandemError {
  const theirs = (message ?? {}) as { protocol?: unknown; code?: unknown };
  return new TandemError({
    code: ErrorCode.ProtocolMismatch,
    message:
      `Expected a task of protocol ${protocolVersion} and code ${code}, got protocol ` +
      `${String(theirs.protocol)} and code ${String(theirs.code)}.`,
    help: 'Run coordinator and workers from the same build.',
    cause,
  });
}
