// Runs the cases of one target. It tells the parent process about each case before the case begins, so that the parent
// knows which case made this process die or hang.
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { chanceOf } from './chance.js';
import type { FuzzMessage, FuzzOrder, Outcome } from './fuzz-message.js';
import { isRefusal, type OpenTarget, type Target } from './target.js';

const order = JSON.parse(process.argv[2] ?? '') as FuzzOrder;
/** The length of a message that is kept, because a message may quote all of a case. */
const messageMax = 400;

const stray: unknown[] = [];
process.on('unhandledRejection', (error) => void stray.push(error));
process.on('uncaughtException', (error) => void stray.push(error));
// The parent process is gone: end this process with everything that it started.
process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'));

try {
  const { targets } = (await import(order.module)) as { targets: Readonly<Record<string, Target>> };
  const open = await targets[order.target]!.open(order.folder);
  await runCases(open);
  await open.close?.();
  await tell({ kind: 'finished' });
  process.exit(0);
} catch (thrown) {
  process.stderr.write(textOf(thrown));
  process.exit(1);
}

async function runCases(cases: OpenTarget): Promise<void> {
  for (let number = order.from; number < order.to; number++) {
    if (Date.now() > order.untilMs) return;
    const outcome = await judged(number, () => cases.run(chanceOf(order.seed, order.target, number)));
    if (outcome.kind === 'memory') process.exit(0);
  }
  if (cases.finish) await judged(order.to, () => cases.finish!());
}

async function judged(number: number, run: () => Promise<void>): Promise<Outcome> {
  await tell({ kind: 'begin', case: number });
  const started = performance.now();
  let outcome = await outcomeOf(run);
  const ms = performance.now() - started;
  await nextTurn(); // Rejections that nobody handled are reported by now.
  const left = stray.splice(0)[0];
  if (left !== undefined) outcome = { kind: 'raw error', detail: `left behind, awaited by nobody: ${textOf(left)}` };
  const peakBytes = peakMemory();
  if (peakBytes > order.memoryBytes)
    outcome = {
      kind: 'memory',
      detail: `the process has taken ${megabytes(peakBytes)}, allowed are ${megabytes(order.memoryBytes)}`,
    };
  await tell({ kind: 'end', case: number, ms, outcome, peakBytes });
  return outcome;
}

async function outcomeOf(run: () => Promise<void>): Promise<Outcome> {
  try {
    await run();
    return { kind: 'accepted' };
  } catch (thrown) {
    return isRefusal(thrown) ? { kind: 'refused' } : { kind: 'raw error', detail: textOf(thrown) };
  }
}

function textOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `thrown: ${String(thrown).slice(0, messageMax)}`;
  const { name, message, stack = '' } = thrown;
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '));
  return [`${name}: ${message.slice(0, messageMax)}${message.length > messageMax ? '…' : ''}`, ...frames].join('\n');
}

/** Peak physical memory of this process, in bytes; the current memory if the system does not tell the peak. */
function peakMemory(): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.memoryUsage.rss();
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function tell(message: FuzzMessage): Promise<void> {
  return new Promise((resolve) => process.send!(message, () => resolve()));
}
