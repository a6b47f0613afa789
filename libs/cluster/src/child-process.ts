import { spawn, type ChildProcess as NodeChild } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolders } from '#protocol/make-folders.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Reaper } from './reaper.js';

/** A process of the local cluster. Its output goes to a log file, and it never outlives this process. */
export interface ChildProcess {
  readonly name: string;
  readonly pid: number;
  readonly log: string;
  /** Resolves when the process has ended, with how it ended: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  /** The error to report where the process ended unexpectedly, with the end of its log. */
  crash(ending: string): TandemError;
  /** Send SIGTERM, and SIGKILL if the process has not ended after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Text for its standard input. */
  readonly input?: string;
}

export interface ChildOptions extends Program {
  readonly log: string;
  readonly reaper: Reaper;
}

/** Lines of the log shown in an error. */
const tailLines = 15;

/** Start a program in a process group of its own: Ctrl-C then reaches only this command, which stops it in order. */
export async function startChild({
  name,
  command,
  args,
  log,
  environment,
  reaper,
  input = '',
}: ChildOptions): Promise<ChildProcess> {
  await makeFolders(dirname(log));
  const output = openSync(log, 'a'); // A worker that is started again has the log of the one before it.
  const child = spawn(command, args, { stdio: ['pipe', output, output], env: { ...environment }, detached: true });
  closeSync(output);
  const pid = await spawned(child, name, command);
  reaper.watch(pid);
  child.stdin?.on('error', () => undefined); // It may end before it has read its input; `ended` tells.
  child.stdin?.end(input);
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      reaper.forget(pid);
      resolve(signal ?? `exit code ${code}`);
    });
  });
  return {
    name,
    pid,
    log,
    ended,
    crash: (ending) => crashError({ name, ending, log }),
    async stop(graceMs) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

function spawned(child: NodeChild, name: string, command: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0));
    child.once('error', (cause) => {
      reject(
        new TandemError({
          code: ErrorCode.NotFound,
          message: `${name}: expected to start ${command}, got ${cause.message}`,
          cause,
        }),
      );
    });
  });
}

function crashError({
  name,
  ending,
  log,
}: {
  readonly name: string;
  readonly ending: string;
  readonly log: string;
}): TandemError {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-tailLines);
  const tail = lines.join('').trim() ? lines.map((line) => `  │ ${line}`).join('\n') : '  │ (it wrote nothing)';
  return new TandemError({
    code: ErrorCode.Internal,
    message: `${name} ended unexpectedly (${ending}). The end of its log:\n${tail}`,
  });
}
