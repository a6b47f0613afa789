/** How often it looks. */
const lookMs = 250;

/**
 * Sends this process SIGHUP when npm or npx started it and is gone. `npx tandem worker` is npx, a shell and this
 * process, and a signal to npx ends the first two only. Does nothing in a process that something else started: a daemon
 * outlives the shell that began it. `environment`: the variables that npm set. It does not keep the process alive.
 */
export function endWithLauncher(environment: Readonly<Record<string, string | undefined>>): void {
  const launcher = process.ppid;
  if (!environment['npm_command'] || launcher === 1) return;
  const timer = setInterval(() => {
    if (process.ppid === launcher) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGHUP');
  }, lookMs);
  timer.unref();
}
