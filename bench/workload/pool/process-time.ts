import { readdirSync, readFileSync } from 'node:fs';

/** Seconds of CPU time of a process with all its threads. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** On every Linux that Node runs on. */
const ticksPerSecond = 100;

/** The child of this process whose command contains a text. */
export function childOf(text: string): number {
  const [pid] = childrenOf(text);
  if (pid === undefined) throw new Error(`expected a child process of ${text}, found none`);
  return pid;
}

/** All children of this process whose commands contain a text. */
export function childrenOf(text: string): number[] {
  const isOne = (pid: string): boolean => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return parent === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false; // It has ended meanwhile.
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isOne(name))
    .map(Number);
}
