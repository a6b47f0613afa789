import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type ChildProcess, type Program } from '#cluster/child-process.js';
import { startReaper } from '#cluster/reaper.js';

/** A process that chaos may kill, stop and start again. */
export interface Victim {
  readonly name: string;
  readonly pid: number;
  readonly ended: Promise<string>;
  /** How it ended, once it has: `exit code 0`, `SIGKILL`. */
  ending(): string | undefined;
  signal(signal: NodeJS.Signals): void;
  /** What it has written so far. */
  output(): string;
}

export interface Processes {
  launch(program: Omit<Program, 'input'>): Promise<Victim>;
  /** All that ever ran, in the order in which they were started. */
  readonly all: readonly Victim[];
  /** Ends all that still run, frozen ones too. */
  stop(): Promise<void>;
}

/** Starts processes that never outlive this one. Each has a log of its own in `folder`. */
export function openProcesses(folder: string): Processes {
  const reaper = startReaper();
  const all: Victim[] = [];
  return {
    all,
    async launch(program) {
      const log = join(folder, `${program.name}.log`);
      const victim = victimOf(await startChild({ ...program, log, reaper }));
      all.push(victim);
      return victim;
    },
    async stop() {
      for (const victim of all) victim.signal('SIGKILL');
      await Promise.all(all.map(({ ended }) => ended));
      await reaper.close();
    },
  };
}

function victimOf({ name, pid, log, ended }: ChildProcess): Victim {
  let ending: string | undefined;
  const noted = ended.then((how) => (ending = how));
  return {
    name,
    pid,
    ended: noted,
    ending: () => ending,
    signal(signal) {
      // Its id may belong to another process once it has ended.
      if (ending === undefined) process.kill(pid, signal);
    },
    output: () => readFileSync(log, 'utf8'),
  };
}
