import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FuzzMessage, FuzzOrder, Verdict } from './fuzz-message.js';

export interface FuzzOptions {
  /** Compiled module that exports `targets`, by name. */
  readonly module: string;
  readonly target: string;
  readonly seed: number;
  /** Cases [from, to) of the seed. */
  readonly from: number;
  readonly to: number;
  /** No case begins later than this after the start, so that a slow machine also comes to an end. */
  readonly seconds: number;
  /** A case that takes longer than this counts as a hang. */
  readonly caseMs?: number;
  readonly memoryBytes?: number;
  readonly heapMegabytes?: number;
  /** The target is given up after this many cases that ended the process. */
  readonly deathsMax?: number;
}

/** A defect, at the first case that shows it. */
export interface FuzzFailure {
  readonly case: number;
  /** How many cases failed at the same place. */
  readonly times: number;
  readonly verdict: Verdict;
  readonly detail: string;
  /** The command that runs this case alone. */
  readonly again: string;
}

export interface FuzzReport {
  readonly cases: number;
  readonly accepted: number;
  readonly refused: number;
  readonly failures: readonly FuzzFailure[];
  readonly slowest: { readonly case: number; readonly ms: number };
  readonly peakBytes: number;
}

/** How long a target may take to open: it may start a Redis and train a run before its first case. */
const openMs = 60_000;

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Tally = Omit<Writable<FuzzReport>, 'failures'> & { failures: Writable<FuzzFailure>[] };

/**
 * Runs the cases of a target in a process of their own. If a case ends the process, another one continues after that
 * case. Rejects only if the target itself cannot be opened.
 */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const tally: Tally = {
    cases: 0,
    accepted: 0,
    refused: 0,
    failures: [],
    slowest: { case: options.from, ms: 0 },
    peakBytes: 0,
  };
  const untilMs = Date.now() + 1000 * options.seconds;
  let next: number | undefined = options.from;
  for (let deaths = 0; next !== undefined && deaths < (options.deathsMax ?? 5); deaths++) {
    next = await runUntilDeath(options, next, untilMs, tally);
  }
  return tally;
}

/** Returns the next case to run if the process ended before the last one. */
async function runUntilDeath(
  options: FuzzOptions,
  from: number,
  untilMs: number,
  tally: Tally,
): Promise<number | undefined> {
  const { caseMs = 10_000, memoryBytes = 2 ** 30, heapMegabytes = 512 } = options;
  const root = await mkdtemp(join(tmpdir(), 'tandem-fuzz-'));
  // Deep, so that a path which climbs out of the folder stays within our temporary directory.
  const folder = join(root, 'a/b/c/d');
  await mkdir(folder, { recursive: true });
  const order: FuzzOrder = {
    module: options.module,
    target: options.target,
    seed: options.seed,
    from,
    to: options.to,
    folder,
    memoryBytes,
    untilMs,
  };
  const child = startChild(order, heapMegabytes);
  let running: number | undefined;
  let finished = false;
  let hung = false;
  const watch = (ms: number): NodeJS.Timeout => setTimeout(() => ((hung = true), killGroup(child)), ms);
  let timer = watch(openMs);
  child.on('message', (message: FuzzMessage) => {
    clearTimeout(timer);
    timer = watch(message.kind === 'begin' ? caseMs : openMs);
    finished ||= message.kind === 'finished';
    if (message.kind === 'begin') running = message.case;
    if (message.kind !== 'end') return;
    running = undefined;
    record(tally, message, options);
    from = message.case + 1;
    finished ||= message.case >= options.to;
  });
  let errors = '';
  child.stderr!.on('data', (text: Buffer) => void (errors = (errors + text.toString()).slice(-4000)));
  const closed = once(child, 'close');
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  killGroup(child);
  await closed;
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
  if (running !== undefined) {
    addFailure(tally, { case: running, ...deathOf({ hung, caseMs, code, signal, errors }) }, options);
    tally.cases++;
    return running + 1 < options.to ? running + 1 : undefined;
  }
  if (finished) return undefined;
  if (from === order.from)
    throw new Error(
      `The target ${options.target} could not be opened (${hung ? 'it hung' : `exit ${code ?? signal}`}):\n${errors}`,
    );
  return from < options.to ? from : undefined;
}

function record(
  tally: Tally,
  { case: number, ms, outcome, peakBytes }: Extract<FuzzMessage, { kind: 'end' }>,
  options: FuzzOptions,
): void {
  if (number < options.to) tally.cases++;
  if (ms > tally.slowest.ms && number < options.to) tally.slowest = { case: number, ms };
  tally.peakBytes = Math.max(tally.peakBytes, peakBytes);
  if (outcome.kind === 'accepted' || outcome.kind === 'refused') tally[outcome.kind]++;
  else addFailure(tally, { case: number, verdict: outcome.kind, detail: outcome.detail }, options);
}

function addFailure(tally: Tally, failure: Omit<FuzzFailure, 'times' | 'again'>, { target, seed }: FuzzOptions): void {
  const place = placeOf(failure);
  const known = tally.failures.find((other) => placeOf(other) === place);
  if (known) known.times++;
  else
    tally.failures.push({
      ...failure,
      times: 1,
      again: `npm run fuzz -- --target ${target} --seed ${seed} --case ${failure.case}`,
    });
}

/** Identifies a defect by its verdict and the top of its stack, without text that comes from the case. */
function placeOf({ verdict, detail }: Pick<FuzzFailure, 'verdict' | 'detail'>): string {
  const frames = detail.match(/^\s+at .*$/gm)?.slice(0, 3) ?? [detail.slice(0, 200)];
  return [verdict, ...frames].join('\n').replaceAll(/\d+ MiB/g, '');
}

interface Death {
  readonly hung: boolean;
  readonly caseMs: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly errors: string;
}

function deathOf({ hung, caseMs, code, signal, errors }: Death): Pick<FuzzFailure, 'verdict' | 'detail'> {
  if (hung) return { verdict: 'hang', detail: `it took longer than ${caseMs} ms` };
  if (/heap out of memory|Allocation failed/.test(errors)) return { verdict: 'memory', detail: errors.slice(0, 1000) };
  return { verdict: 'crash', detail: `the process ended with ${code ?? signal}: ${errors.slice(-1000)}` };
}

/** Starts the process in a process group of its own, so that everything it starts can be ended with it. */
function startChild(order: FuzzOrder, heapMegabytes: number): ChildProcess {
  const child = fork(fileURLToPath(new URL('./fuzz-process.js', import.meta.url)), [JSON.stringify(order)], {
    cwd: order.folder,
    detached: true,
    execArgv: [`--max-old-space-size=${heapMegabytes}`],
    env: { ...process.env, TMPDIR: order.folder, NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const end = (): void => killGroup(child);
  process.once('exit', end);
  child.once('close', () => process.off('exit', end));
  return child;
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // The whole group has already ended.
  }
}
