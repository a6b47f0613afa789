import { readFileSync } from 'node:fs';

/**
 * Ends the process, with what to do, where fewer than `openFilesMin` files may be open. To be called before the program
 * is imported: Node opens its files side by side, and says of those that it may not open that they are not there. So
 * this module imports nothing of ours.
 */
export function refuseFewOpenFiles(program: string, openFilesMin: number): void {
  const max = openFilesMax();
  if (max >= openFilesMin) return;
  process.stderr.write(
    `${program}: expected room for ${openFilesMin} open files, got a limit of ${max}\n` +
      '  Raise it: ulimit -n 4096 (LimitNOFILE= in a unit of systemd, --ulimit nofile= of Docker).\n',
  );
  process.exit(2);
}

/** The limit of this process, where the system tells it. */
function openFilesMax(): number {
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}
